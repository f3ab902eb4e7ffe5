package io.sluice.analysis.fuzz;

import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;

/** Makes the text of single rules of one table. */
final class RuleWords {
  private static final String[] ADDRESSES4 = {
    "10.0.0.2", "10.0.0.0/24", "10.0.0.0/23", "10.0.1.2", "10.0.1.0/24", "203.0.113.9", "10.0.0.1", "0.0.0.0/0"
  };
  private static final String[] ADDRESSES6 = {
    "2001:db8:1::2", "2001:db8:1::/64", "2001:db8::/32", "2001:db8:2::2", "2001:db8:2::/64", "2001:db8:9::9",
    "2001:db8:1::1", "::/0"
  };
  private static final String[] DEVICES = {"eth0", "eth1", "eth+", "eth0", "eth1", "lo", "eth9"};
  private static final String[] PORTS = {"22", "80", "53", "22:80", "80:65535", ":1023", "53:53"};
  private static final String[] PORT_LISTS = {"22,80", "22:53,80", "80", "53,1024:65535"};
  private static final String[] FLAGS = {"--syn", "--tcp-flags SYN,ACK SYN", "--tcp-flags SYN,ACK,RST RST", "--tcp-flags RST,ACK NONE"};
  private static final String[] STATES = {
    "NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "NEW,INVALID", "UNTRACKED", "DNAT", "SNAT", "RELATED",
    "INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED"
  };
  private static final String[] LENGTHS = {"0:100", "100", "1000:65535"};
  private static final String[] OWNERS = {
    "--uid-owner 0", "--uid-owner 1000", "--uid-owner 1000-2000", "--gid-owner 7", "--gid-owner 0-7", "--uid-owner 1001 ! --gid-owner 7",
    "--socket-exists", "--gid-owner 8 --suppl-groups"
  };
  private static final String[] SENDERS = {"02:00:00:00:00:05", "02:00:00:00:00:06"};
  private static final String[] ADDRESSINGS = {"unicast", "broadcast", "multicast", "otherhost"};
  private static final String[] MARKS = {"0x1/0x1", "0x1", "0x0/0x3", "0x2/0x3", "0x2/0x2", "0x3/0x1"};

  /** What a rule may ask for. */
  private enum Part {
    SOURCE,
    DESTINATION,
    INTERFACES,
    PORTS,
    FLAGS,
    FRAGMENT,
    STATE,
    MARK,
    SET,
    LENGTH,
    TTL,
    TOS,
    CONNMARK
  }

  private final String table;
  private final boolean v4;
  private final SplittableRandom random;
  private final Set<Part> parts = EnumSet.noneOf(Part.class);
  private final String[] addresses;
  private final String[] ports;
  private final String[] states;
  private final String[] marks;
  private final String[] lengths;
  /** Whether rules ask for the circumstances of packets, too, which are more than can be gone through. */
  private final boolean circumstances;

  /**
   * @param few how many kinds of parts, addresses, ports and so on there are: with few, the packets that rules tell apart are few
   * @param choice draws which those are
   * @param random draws the rules
   */
  RuleWords(String table, Family family, int few, SplittableRandom choice, SplittableRandom random) {
    this.table = table;
    this.v4 = family == Family.IPV4;
    this.random = random;
    List<Part> all = new ArrayList<>(List.of(Part.values()));
    Collections.shuffle(all, new Random(choice.nextLong()));
    parts.addAll(all.subList(0, few < all.size() ? few + 1 : all.size()));
    this.addresses = some(v4 ? ADDRESSES4 : ADDRESSES6, few, choice);
    this.ports = some(PORTS, few, choice);
    this.states = some(STATES, few, choice);
    this.marks = some(MARKS, few, choice);
    this.lengths = some(LENGTHS, few, choice);
    this.circumstances = few >= all.size();
  }

  /** The first {@code count} of these words in a new order; all if there are no more. */
  private static String[] some(String[] words, int count, SplittableRandom choice) {
    List<String> shuffled = new ArrayList<>(List.of(words));
    Collections.shuffle(shuffled, new Random(choice.nextLong()));
    return shuffled.subList(0, Math.min(count, shuffled.size())).toArray(new String[0]);
  }

  /** Whether this rule is to have such a part: one in {@code in}, if any may. */
  private boolean has(Part part, int in) {
    return one(in) && parts.contains(part);
  }

  private boolean one(int in) {
    return random.nextInt(in) == 0;
  }

  private String pick(String... from) {
    return from[random.nextInt(from.length)];
  }

  private String not(int in) {
    return one(in) ? "! " : "";
  }

  /**
   * A rule.
   *
   * @param sourceNat whether, in the nat table, packets come here to have their source translated
   * @param callees chains that it may jump to
   */
  String rule(String chain, boolean sourceNat, List<String> callees) {
    StringBuilder rule = new StringBuilder();
    if (has(Part.SOURCE, 3)) {
      String network = pick(addresses);
      rule.append(network.endsWith("/0") ? "" : not(5)).append("-s ").append(network).append(' ');
    }
    if (has(Part.DESTINATION, 3)) {
      String network = pick(addresses);
      rule.append(network.endsWith("/0") ? "" : not(5)).append("-d ").append(network).append(' ');
    }
    devices(chain, rule);
    String protocol = one(2) ? pick("tcp", "tcp", "udp", v4 ? "icmp" : "ipv6-icmp") : "";
    boolean excluded = !protocol.isEmpty() && one(8);
    if (!protocol.isEmpty()) {
      rule.append(excluded ? "! " : "").append("-p ").append(protocol).append(' ');
    }
    if (!protocol.isEmpty() && !excluded) {
      transport(protocol, rule);
    }
    if (v4 && has(Part.FRAGMENT, 6)) {
      rule.append(not(2)).append("-f ");
    }
    others(rule);
    if (circumstances) {
      circumstances(chain, rule);
    }
    rule.append(target(chain, sourceNat, callees, excluded ? "" : protocol));
    return rule.toString().strip();
  }

  private void devices(String chain, StringBuilder rule) {
    boolean user = chain.startsWith("user");
    boolean in = user || chain.equals("PREROUTING") || chain.equals("INPUT") || chain.equals("FORWARD");
    boolean out = user || chain.equals("POSTROUTING") || chain.equals("OUTPUT") || chain.equals("FORWARD");
    if (in && has(Part.INTERFACES, 4)) {
      rule.append(not(4)).append("-i ").append(pick(DEVICES)).append(' ');
    }
    if (out && has(Part.INTERFACES, 4)) {
      rule.append(not(4)).append("-o ").append(pick(DEVICES)).append(' ');
    }
  }

  private void transport(String protocol, StringBuilder rule) {
    boolean icmp = protocol.endsWith("icmp");
    if (icmp && one(2)) {
      rule.append("-m ").append(v4 ? "icmp " : "icmp6 ").append(not(5)).append(v4 ? "--icmp-type " : "--icmpv6-type ")
          .append(v4 ? pick("8", "3", "3/1") : pick("128", "1", "1/4")).append(' ');
    } else if (!icmp && has(Part.PORTS, 5)) {
      rule.append("-m multiport ").append(not(4)).append(pick("--dports ", "--sports ", "--ports ")).append(pick(PORT_LISTS))
          .append(' ');
    } else if (!icmp && has(Part.PORTS, 2)) {
      rule.append("-m ").append(protocol).append(' ').append(not(5)).append(one(4) ? "--sport " : "--dport ")
          .append(pick(ports)).append(' ');
      if (protocol.equals("tcp") && has(Part.FLAGS, 5)) {
        rule.append(not(5)).append(pick(FLAGS)).append(' ');
      }
    } else if (protocol.equals("tcp") && has(Part.FLAGS, 2)) {
      rule.append("-m tcp ").append(not(5)).append(pick(FLAGS)).append(' ');
    }
  }

  private void others(StringBuilder rule) {
    if (has(Part.STATE, 4)) {
      rule.append("-m conntrack ").append(not(5)).append("--ctstate ").append(pick(states)).append(' ');
    }
    if (has(Part.MARK, table.equals("mangle") ? 3 : 6)) {
      rule.append("-m mark ").append(not(4)).append("--mark ").append(pick(marks)).append(' ');
    }
    if (has(Part.SET, 5)) {
      rule.append("-m set ").append(not(4)).append("--match-set ");
      rule.append(one(2) ? "nets " + pick("src", "dst") : "sockets " + pick("src,src", "dst,dst", "src,dst")).append(' ');
    }
    if (has(Part.LENGTH, 5)) {
      rule.append("-m length ").append(not(4)).append("--length ").append(pick(lengths)).append(' ');
    }
    if (has(Part.TTL, table.equals("mangle") ? 3 : 6)) {
      rule.append(v4 ? "-m ttl " + pick("--ttl-eq 64", "--ttl-lt 64", "--ttl-gt 1") : "-m hl " + pick("--hl-eq 64", "--hl-gt 1"))
          .append(' ');
    }
    if (has(Part.TOS, table.equals("mangle") ? 3 : 6)) {
      rule.append(pick("-m dscp " + not(4) + "--dscp 0x08 ", "-m tos " + not(4) + "--tos 0x10/0x10 ", "-m tos --tos 0x00/0xff "));
    }
    if (has(Part.CONNMARK, 6)) {
      rule.append("-m connmark ").append(not(4)).append("--mark ").append(pick("0x0", "0x1/0x1")).append(' ');
    }
    if (one(14)) {
      rule.append(pick("-m limit --limit 5/sec ", "-m statistic --mode nth --every 2 --packet 0 ",
          "-m statistic --mode random --probability 0.5 "));
    }
  }

  private void circumstances(String chain, StringBuilder rule) {
    boolean leaves = chain.equals("OUTPUT") || chain.equals("POSTROUTING");
    if (leaves && one(5)) {
      rule.append("-m owner ").append(not(4)).append(pick(OWNERS)).append(' ');
    } else if (!leaves && !chain.startsWith("user") && one(8)) {
      rule.append("-m mac ").append(not(4)).append("--mac-source ").append(pick(SENDERS)).append(' ');
    }
    if (one(16)) {
      rule.append("-m pkttype ").append(not(4)).append("--pkt-type ").append(pick(ADDRESSINGS)).append(' ');
    }
  }

  private String target(String chain, boolean sourceNat, List<String> callees, String protocol) {
    if (!callees.isEmpty() && one(3)) {
      return (one(4) ? "-g " : "-j ") + callees.get(random.nextInt(callees.size()));
    }
    if (one(6)) {
      return pick("-j RETURN", "-j LOG", "");
    }
    switch (table) {
      case "raw":
        return pick("-j ACCEPT", "-j DROP", "-j CT --notrack", "-j ACCEPT");
      case "mangle":
        return has(Part.TTL, 4) ? (v4 ? "-j TTL --ttl-" : "-j HL --hl-") + pick("set 64", "set 63", "inc 1", "dec 1", "dec 64")
            : has(Part.TOS, 4) ? pick("-j DSCP --set-dscp 0x08", "-j TOS --set-tos 0x10/0x10", "-j TOS --set-tos 0x00/0xff")
            : pick("-j ACCEPT", "-j DROP", "-j MARK --set-xmark 0x1/0x3", "-j MARK --set-xmark 0x2/0xffffffff",
            "-j MARK --set-xmark 0x3/0x0", v4 ? "-j TTL --ttl-set 64" : "-j HL --hl-set 64", "-j CONNMARK --save-mark", "-j CONNMARK --restore-mark",
            "-j CONNMARK --set-xmark 0x1/0xffffffff");
      case "nat":
        return nat(chain, sourceNat, protocol);
      default:
        return pick("-j ACCEPT", "-j DROP", "-j ACCEPT", "-j DROP", "-j REJECT");
    }
  }

  private String nat(String chain, boolean sourceNat, String protocol) {
    boolean ports = protocol.equals("tcp") || protocol.equals("udp");
    if (one(3)) {
      return "-j ACCEPT";
    }
    if (sourceNat) {
      boolean leaves = chain.equals("POSTROUTING");
      return leaves && one(2) ? "-j MASQUERADE" : "-j SNAT --to-source " + (v4 ? "10.0.1.1" : "2001:db8:2::1");
    }
    return ports && one(3) ? "-j REDIRECT --to-ports 80"
        : "-j DNAT --to-destination " + (v4 ? "10.0.1.2" + (ports ? ":80" : "") : ports ? "[2001:db8:2::2]:80" : "2001:db8:2::2");
  }
}
