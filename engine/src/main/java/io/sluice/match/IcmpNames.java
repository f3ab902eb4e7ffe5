package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.List;

/**
 * The names of ICMP types and codes that iptables 1.8.9 knows (extensions/libxt_icmp.h; numbers by IANA).
 *
 * @param type ICMP type; 255 stands for any in IPv4
 * @param lastCode 255 where {@code firstCode} is 0: every code
 */
record IcmpNames(String name, int type, int firstCode, int lastCode) {

  /** Names as {@code name=type} or {@code name=type/code}. */
  private static final List<IcmpNames> IPV4 = table("any=255 echo-reply=0 pong=0 destination-unreachable=3"
      + " network-unreachable=3/0 host-unreachable=3/1 protocol-unreachable=3/2 port-unreachable=3/3"
      + " fragmentation-needed=3/4 source-route-failed=3/5 network-unknown=3/6 host-unknown=3/7"
      + " network-prohibited=3/9 host-prohibited=3/10 TOS-network-unreachable=3/11 TOS-host-unreachable=3/12"
      + " communication-prohibited=3/13 host-precedence-violation=3/14 precedence-cutoff=3/15 source-quench=4"
      + " redirect=5 network-redirect=5/0 host-redirect=5/1 TOS-network-redirect=5/2 TOS-host-redirect=5/3"
      + " echo-request=8 ping=8 router-advertisement=9 router-solicitation=10 time-exceeded=11 ttl-exceeded=11"
      + " ttl-zero-during-transit=11/0 ttl-zero-during-reassembly=11/1 parameter-problem=12 ip-header-bad=12/0"
      + " required-option-missing=12/1 timestamp-request=13 timestamp-reply=14 address-mask-request=17"
      + " address-mask-reply=18");

  private static final List<IcmpNames> IPV6 = table("destination-unreachable=1 no-route=1/0"
      + " communication-prohibited=1/1 beyond-scope=1/2 address-unreachable=1/3 port-unreachable=1/4"
      + " failed-policy=1/5 reject-route=1/6 packet-too-big=2 time-exceeded=3 ttl-exceeded=3"
      + " ttl-zero-during-transit=3/0 ttl-zero-during-reassembly=3/1 parameter-problem=4 bad-header=4/0"
      + " unknown-header-type=4/1 unknown-option=4/2 echo-request=128 ping=128 echo-reply=129 pong=129"
      + " router-solicitation=133 router-advertisement=134 neighbour-solicitation=135 neighbor-solicitation=135"
      + " neighbour-advertisement=136 neighbor-advertisement=136 redirect=137");

  private static List<IcmpNames> table(String names) {
    List<IcmpNames> table = new ArrayList<>();
    for (String entry : names.split(" ")) {
      String[] parts = entry.split("[=/]");
      int code = parts.length == 3 ? Integer.parseInt(parts[2]) : -1;
      table.add(new IcmpNames(parts[0], Integer.parseInt(parts[1]), Math.max(code, 0), code < 0 ? 255 : code));
    }
    return table;
  }

  /** A name, any beginning of one that is not ambiguous, or {@code type[/code[:code]]}. */
  static IcmpNames parse(Argument argument, Family family) {
    IcmpNames found = null;
    for (IcmpNames candidate : family == Family.IPV4 ? IPV4 : IPV6) {
      if (candidate.name.regionMatches(true, 0, argument.text(), 0, argument.text().length())) {
        if (found != null) {
          throw argument.error("ambiguous ICMP type: " + argument.text(),
              "expected " + found.name + " or " + candidate.name);
        }
        found = candidate;
      }
    }
    if (found != null) {
      return found;
    }
    List<Argument> parts = argument.split('/');
    if (parts.size() > 2 || !argument.text().matches("\\s*\\+?[0-9].*")) {
      throw argument.error("unknown ICMP type: " + argument.text(), "expected a type's name, or type[/code]");
    }
    if (parts.get(0).text().indexOf(':') >= 0) {
      List<Argument> types = parts.get(0).split(':');
      if (types.size() != 2 || types.get(0).u8() != types.get(1).u8()) {
        throw argument.error("a range of ICMP types: " + argument.text(), "expected a single type");
      }
      parts = parts.size() == 1 ? List.of(types.get(0)) : List.of(types.get(0), parts.get(1));
    }
    int type = parts.get(0).u8();
    if (parts.size() == 1) {
      return new IcmpNames("", type, 0, 255);
    }
    List<Argument> codes = parts.get(1).split(':');
    if (codes.size() > 2) {
      throw parts.get(1).error("bad ICMP code: " + parts.get(1).text(), "expected code or code:code");
    }
    return new IcmpNames("", type, codes.get(0).u8(), codes.get(codes.size() - 1).u8());
  }
}
