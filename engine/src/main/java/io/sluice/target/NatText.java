package io.sluice.target;

import io.sluice.conntrack.NatRange;
import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.extension.ListingReader;
import io.sluice.extension.Options;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
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
  static NatRange addresses(Options options, String option, boolean keepBase) {
    NatRange range = addresses(options.family(), options.require(option), keepBase, options::servicePort, 1);
    if (range.ports()) {
      requirePorts(options, option);
    }
    return flags(range, options);
  }

  /**
   * As parse_to(): what stands before "[" and between "]" and ":" is not looked at, nor are two characters before a ":".
   *
   * @param minBase the least that {@code /base} may be
   */
  private static NatRange addresses(
      Family family, Argument text, boolean keepBase, ToIntFunction<Argument> service, int minBase) {
    String t = text.text();
    int start = 0;
    int end;
    int colon;
    int open = t.indexOf('[');
    if (open < 0) {
      colon = t.indexOf(':');
      colon = t.indexOf(':', colon + 1) >= 0 && colon >= 0 ? -1 : colon; // an IPv6 address
      end = colon < 0 ? t.length() : colon;
    } else {
      start = open + 1;
      end = t.indexOf(']', start);
      if (end < 0 || family == Family.IPV4) {
        throw text.error("Invalid address format: " + t, family == Family.IPV4 ? "expected address[-address][:port[-port]]"
            : "expected [address[-address]]:port");
      }
      colon = t.indexOf(':', end + 1);
    }
    Ports p = colon < 0 ? Ports.NONE : ports(text.part(colon + 1, t.length()), service, minBase);
    Optional<IpAddress> min = Optional.empty();
    Optional<IpAddress> max = Optional.empty();
    if (colon != 0 && colon != 2) {
      int dash = t.indexOf('-', start);
      boolean range = dash >= 0 && dash < end;
      min = Optional.of(text.part(start, range ? dash : end).address(family));
      max = range ? Optional.of(text.part(dash + 1, end).address(family)) : min;
    }
    return new NatRange(min, max, p.min, p.max, keepBase ? p.base : 0, p.given, false, false, false, p.shifted);
  }

  /** The range of {@code --to-ports}: no address. */
  static NatRange ports(Options options, boolean shifting) {
    if (!options.has("--to-ports")) {
      return flags(make(Ports.NONE), options);
    }
    Argument text = options.argument("--to-ports");
    requirePorts(options, "--to-ports");
    Ports p = ports(text, options::servicePort, 1);
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

  /** As iptables asks it when it reads the option: {@code -p} must stand before it, and its "!" is not looked at. */
  private static void requirePorts(Options options, String option) {
    switch (options.uses(option).get(0).protocol().number()) {
      case Protocols.TCP:
      case Protocols.UDP:
      case Protocols.SCTP:
      case Protocols.DCCP:
      case Protocols.ICMP:
        return;
      default:
        throw options.error("Need TCP, UDP, SCTP or DCCP with port specification",
            "expected -p tcp, udp, sctp, dccp or icmp before " + option);
    }
  }

  /** {@code port}, a service's name, or {@code port-port[/base]}; what follows the number of a base is not looked at. */
  private static Ports ports(Argument text, ToIntFunction<Argument> service, int minBase) {
    String t = text.text();
    CNumbers.Whole first = number(t, 0, 0);
    if (first == null) {
      int port = service.applyAsInt(text);
      return new Ports(port, port, 0, true, false);
    }
    int min = (int) first.bits();
    if (first.end() == t.length()) {
      return new Ports(min, min, 0, true, false);
    }
    if (t.charAt(first.end()) != '-') {
      throw text.part(first.end(), t.length()).error(
          t.charAt(first.end()) == ':' ? "Invalid port:port syntax" : "Garbage after port value", "expected port[-port]");
    }
    CNumbers.Whole last = number(t, first.end() + 1, 0);
    if (last == null || last.bits() < min) {
      throw text.part(first.end() + 1, t.length()).error("bad end of a port range: " + t, "expected " + min + "..65535");
    }
    int max = (int) last.bits();
    if (last.end() == t.length()) {
      return new Ports(min, max, 0, true, false);
    }
    if (t.charAt(last.end()) != '/') {
      throw text.part(last.end(), t.length()).error("Garbage after port range", "expected port-port[/base]");
    }
    CNumbers.Whole base = number(t, last.end() + 1, minBase);
    return new Ports(min, max,
        base == null ? service.applyAsInt(text.part(last.end() + 1, t.length())) : (int) base.bits(), true, true);
  }

  /** A number in {@code min..65535}, or null: xtables_strtoui(). */
  private static CNumbers.Whole number(String text, int from, int min) {
    CNumbers.Whole number = CNumbers.strtoul(text, from, 0);
    boolean fits = number.bits() >= min && number.bits() <= 0xffff;
    return number.end() > from && fits && text.substring(from, number.end()).indexOf('-') < 0 ? number : null;
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
    return listedFlags(in, addresses(in.family(), text, true, in::port, 0));
  }

  /** Reads ports and flags of a listing; {@code text} is null where no ports are given. */
  static NatRange listedPorts(ListingReader in, Argument text) {
    return listedFlags(in, make(text == null ? Ports.NONE : ports(text, in::port, 0)));
  }

  private static NatRange listedFlags(ListingReader in, NatRange range) {
    boolean random = in.skip("random");
    boolean fully = in.skip("random-fully");
    return flags(range, random, fully, in.skip("persistent"));
  }

}
