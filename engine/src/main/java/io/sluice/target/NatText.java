package io.sluice.target;

import io.sluice.conntrack.NatRange;
import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.Options;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Addresses and ports of the NAT targets as text: {@code address[-address][:port[-port[/base]]]}, IPv6 addresses with
 * ports in brackets.
 *
 * <p>iptables: parse_to() and parse_ports() in extensions/libxt_NAT.c.
 */
final class NatText {
  private NatText() {}

  /** The ports and flags that a range is made of, while it is being read. */
  private record Ports(int min, int max, int base, boolean given, boolean shifted) {
    static final Ports NONE = new Ports(0, 0, 0, false, false);
  }

  /**
   * The range of {@code --to-destination} or {@code --to-source}.
   *
   * @param keepBase whether a {@code /base} is kept; SNAT forgets it and shifts from port 0
   */
  static NatRange addresses(Options options, Argument text, boolean keepBase) {
    NatRange range = addresses(options.family(), text, keepBase, options::port, true);
    if (range.ports()) {
      requirePorts(options);
    }
    return flags(range, options);
  }

  private static NatRange addresses(
      Family family, Argument text, boolean keepBase, ToIntFunction<Argument> service, boolean strict) {
    String t = text.text();
    Argument address = text;
    Argument ports = null;
    if (family == Family.IPV4) {
      int colon = t.indexOf(':');
      if (colon >= 0) {
        address = text.part(0, colon);
        ports = text.part(colon + 1, t.length());
      }
    } else if (t.startsWith("[")) {
      int end = t.indexOf(']');
      if (end < 0) {
        throw text.error("']' is missing: " + t, "expected [address]:port");
      }
      address = text.part(1, end);
      if (end + 1 < t.length()) {
        if (t.charAt(end + 1) != ':') {
          throw text.error("':' is missing after ']': " + t, "expected [address[-address]]:port");
        }
        ports = text.part(end + 2, t.length());
      }
    } else if (t.startsWith(":") && !t.startsWith("::")) {
      address = text.part(0, 0);
      ports = text.part(1, t.length());
    }
    Optional<IpAddress> min = Optional.empty();
    Optional<IpAddress> max = Optional.empty();
    if (!address.text().isEmpty()) {
      List<Argument> ends = address.split('-');
      if (ends.size() > 2) {
        throw address.error("bad range: " + address.text(), "expected address or address-address");
      }
      min = Optional.of(ends.get(0).dottedAddress(family));
      max = ends.size() == 2 ? Optional.of(ends.get(1).dottedAddress(family)) : min;
    } else if (ports == null) {
      throw text.error("an address is missing", "expected address[-address][:port[-port]]");
    }
    Ports p = ports == null ? Ports.NONE : ports(ports, service, strict);
    return new NatRange(min, max, p.min, p.max, keepBase ? p.base : 0, p.given, false, false, false, p.shifted);
  }

  /** The range of {@code --to-ports}: no address. */
  static NatRange ports(Options options, boolean shifting) {
    if (!options.has("--to-ports")) {
      return flags(make(Ports.NONE), options);
    }
    Argument text = options.argument("--to-ports");
    requirePorts(options);
    if (text.text().indexOf(':') >= 0) {
      throw text.error("Invalid port:port syntax", "expected port-port");
    }
    Ports p = ports(text, options::port, true);
    if (p.shifted && !shifting) {
      throw text.error("Shifted portmap ranges not supported with this kernel", "expected port[-port]");
    }
    return flags(make(new Ports(p.min, p.max, 0, true, p.shifted)), options);
  }

  private static NatRange make(Ports p) {
    return new NatRange(
        Optional.empty(), Optional.empty(), p.min, p.max, p.base, p.given, false, false, false, p.shifted);
  }

  private static NatRange flags(NatRange r, Options options) {
    return flags(r, options.has("--random"), options.has("--random-fully"), options.has("--persistent"));
  }

  private static NatRange flags(NatRange r, boolean random, boolean fully, boolean persistent) {
    return new NatRange(r.minAddress(), r.maxAddress(), r.minPort(), r.maxPort(), r.basePort(), r.ports(), random, fully,
        persistent, r.offset());
  }

  private static void requirePorts(Options options) {
    switch (options.protocol()) {
      case Protocols.TCP:
      case Protocols.UDP:
      case Protocols.SCTP:
      case Protocols.DCCP:
      case Protocols.ICMP:
        return;
      default:
        throw options.error(
            "Need TCP, UDP, SCTP or DCCP with port specification", "expected -p tcp, udp, sctp, dccp or icmp");
    }
  }

  private static Ports ports(Argument text, ToIntFunction<Argument> service, boolean strict) {
    String t = text.text();
    if (t.isEmpty() || !Character.isDigit(t.charAt(0))) {
      int port = service.applyAsInt(text);
      return new Ports(port, port, 0, true, false);
    }
    int dash = t.indexOf('-');
    if (dash < 0) {
      int port = text.u16();
      return new Ports(port, port, 0, true, false);
    }
    int slash = t.indexOf('/', dash);
    int min = text.part(0, dash).u16();
    Argument last = text.part(dash + 1, slash < 0 ? t.length() : slash);
    int max = last.u16();
    if (max < min) {
      throw last.error("port range runs backwards: " + t, "expected first-last with first <= last");
    }
    if (slash < 0) {
      return new Ports(min, max, 0, true, false);
    }
    Argument base = text.part(slash + 1, t.length());
    boolean digits = !base.text().isEmpty() && Character.isDigit(base.text().charAt(0));
    int number = digits ? (int) base.number(strict ? 1 : 0, 0xffff) : service.applyAsInt(base);
    return new Ports(min, max, number, true, true);
  }

  /** {@code address[-address][:ports]}, as both iptables-save and {@code iptables -L} print it. */
  static String text(NatRange r) {
    StringBuilder out = new StringBuilder();
    if (r.minAddress().isPresent()) {
      IpAddress min = r.minAddress().get();
      IpAddress max = r.maxAddress().orElse(min);
      boolean brackets = min.family() == Family.IPV6 && r.ports();
      out.append(brackets ? "[" : "").append(min);
      if (!max.equals(min)) {
        out.append('-').append(max);
      }
      out.append(brackets ? "]" : "");
    }
    return r.ports() ? out.append(':').append(portText(r)).toString() : out.toString();
  }

  static String portText(NatRange r) {
    String range = r.minPort() == r.maxPort() ? "" + r.minPort() : r.minPort() + "-" + r.maxPort();
    return r.offset() ? range + "/" + r.basePort() : range;
  }

  /** {@code  --random --random-fully --persistent}, those that are set, each after a blank and {@code dashes}. */
  static String flagText(NatRange r, String dashes) {
    return (r.random() ? " " + dashes + "random" : "") + (r.fullyRandom() ? " " + dashes + "random-fully" : "")
        + (r.persistent() ? " " + dashes + "persistent" : "");
  }

  /** Reads what {@link #text} and {@link #flagText} wrote into a listing, after {@code to:}. */
  static NatRange listed(ListingReader in, Argument text) {
    return listedFlags(in, addresses(in.family(), text, true, in::port, false));
  }

  /** Reads ports and flags of a listing; {@code text} is null where no ports are given. */
  static NatRange listedPorts(ListingReader in, Argument text) {
    return listedFlags(in, make(text == null ? Ports.NONE : ports(text, in::port, false)));
  }

  private static NatRange listedFlags(ListingReader in, NatRange range) {
    boolean random = in.skip("random");
    boolean fully = in.skip("random-fully");
    return flags(range, random, fully, in.skip("persistent"));
  }

}
