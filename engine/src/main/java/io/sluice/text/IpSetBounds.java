package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ServiceNames;
import io.sluice.ipset.SetResult;
import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import java.util.OptionalInt;

/**
 * The first and last element of a bitmap, as the options {@code range}, {@code network}, {@code from} and {@code to} of a
 * {@code create} line say them.
 *
 * <p>ipset 7.17: ipset_parse_netrange(), ipset_parse_net(), ipset_parse_tcp_udp_port() and ipset_parse_single_ip() in
 * lib/parse.c. All four write to the same two addresses and prefix length: {@code to} may stand before a range, which says
 * otherwise, or beside a network, of which it is the end then (bitmap_ip_create() in the kernel).
 */
final class IpSetBounds {
  private static final int ADDRESS_BITS = 32;

  private final ServiceNames services;
  private final boolean ports;
  /** The option and its value that said the first element. */
  private Argument said;
  private long first;
  private long last = -1;
  private OptionalInt prefix = OptionalInt.empty();

  /** @param ports whether they are ports, not addresses */
  IpSetBounds(ServiceNames services, boolean ports) {
    this.services = services;
    this.ports = ports;
  }

  void set(Argument name, Argument value) {
    boolean to = name.text().equals("to");
    if (to ? last >= 0 : said != null) {
      throw name.error("'" + name.text() + "' where this is said already", "leave out one of them");
    }
    switch (name.text()) {
      case "range" -> range(value);
      case "network" -> network(value, value.text().indexOf('/'));
      case "from" -> first = single(value);
      default -> last = single(value);
    }
    said = to ? said : value;
  }

  private long single(Argument value) {
    return ports ? port(value, Protocols.TCP) : address(value);
  }

  private void range(Argument value) {
    int slash = value.text().indexOf('/');
    if (ports) {
      portRange(value);
    } else if (slash >= 0) {
      network(value, slash);
    } else {
      int dash = IpSetElementParser.dash(value.text());
      if (dash < 0) {
        throw value.error("not a range: " + value.text(), "expected FIRST-LAST or network/length");
      }
      first = address(value.part(0, dash));
      last = address(value.part(dash + 1, value.text().length()));
    }
  }

  private void network(Argument value, int slash) {
    if (slash < 0) {
      throw value.error("not a network: " + value.text(), "expected address/length");
    }
    prefix = OptionalInt.of((int) value.part(slash + 1, value.text().length()).number(0, ADDRESS_BITS));
    first = address(value.part(0, slash));
  }

  private void portRange(Argument value) {
    int colon = value.text().indexOf(':');
    int protocol = colon < 0 ? Protocols.TCP : IpSetElementParser.protocol(value.part(0, colon));
    if (protocol != Protocols.TCP && protocol != Protocols.UDP) {
      throw value.error("this type of set has ports only", "expected port numbers, or tcp: or udp: before them");
    }
    Argument range = value.part(colon + 1, value.text().length());
    int dash = IpSetElementParser.dash(range.text());
    first = port(dash < 0 ? range : range.part(0, dash), protocol);
    if (dash >= 0) {
      last = port(range.part(dash + 1, range.text().length()), protocol);
    }
  }

  private int port(Argument text, int protocol) {
    return IpSetElementParser.port(text, protocol, services);
  }

  private static long address(Argument text) {
    return IpSetElementParser.address(text, Family.IPV4).lo();
  }

  /** The lowest and the highest element. {@code name} is the set's, where nothing says them. */
  long[] bounds(Argument name) {
    if (said == null || last < 0 && prefix.isEmpty()) {
      throw name.error("a bitmap needs a range", "expected range FIRST-LAST");
    }
    if (last >= 0) {
      return new long[] {Math.min(first, last), Math.max(first, last)};
    }
    if (prefix.getAsInt() == ADDRESS_BITS) {
      throw said.error(SetResult.INVALID_CIDR.toString(), "expected a length in 0..31");
    }
    long host = 0xffff_ffffL >> prefix.getAsInt();
    return new long[] {first & ~host, first | host};
  }

  /** Where the first element is said. */
  Argument said() {
    return said;
  }
}
