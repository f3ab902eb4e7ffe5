package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.Options;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.List;
import java.util.function.ToIntFunction;

/** {@code [!] --sport first[:last]} and its like. A reversed range is kept: it holds no port. */
record PortRange(int first, int last, boolean inverted) {
  static final PortRange ANY = new PortRange(0, 0xffff, false);

  /** Reads the range of an option as libxt_tcp.c and libxt_sctp.c do; {@link #ANY} when the option was not given. */
  static PortRange parse(Options options, String option) {
    PortRange range = parse(options, option, options::port);
    if (range.first > range.last) {
      Argument argument = options.argument(option);
      throw argument.error("port range runs backwards: " + argument.text(), "expected first:last with first <= last");
    }
    return range;
  }

  /**
   * Reads the range of an option as libxt_udp.c and libxt_dccp.c do: {@link Options#resolvedPort} says what its ends are, and
   * the last may be before the first.
   */
  static PortRange parseResolved(Options options, String option) {
    return parse(options, option, options::resolvedPort);
  }

  private static PortRange parse(Options options, String option, ToIntFunction<Argument> reader) {
    if (!options.has(option)) {
      return ANY;
    }
    Argument argument = options.argument(option);
    boolean inverted = options.inverted(option);
    int colon = argument.text().indexOf(':');
    if (colon < 0) {
      int port = reader.applyAsInt(argument);
      return new PortRange(port, port, inverted);
    }
    Argument from = argument.part(0, colon);
    Argument to = argument.part(colon + 1, argument.text().length());
    int first = from.text().isEmpty() ? 0 : reader.applyAsInt(from);
    int last = to.text().isEmpty() ? 0xffff : reader.applyAsInt(to);
    return new PortRange(first, last, inverted);
  }

  /** As iptables-nft keeps it: of all ports nothing, inverted or not. */
  PortRange asNative() {
    return spansAll() ? ANY : this;
  }

  /**
   * What iptables-nft has read from the expressions of {@code earlier} ranges and this one. For ports from 0 on there are
   * "at most" and "greater than", which set one bound and know no "!"; anything else sets both, and what is inverted stays
   * so: expr_gen_range_cmp16() in iptables/nft.c, port_match_single_to_range() in iptables/nft-shared.c.
   */
  PortRange readBackBehind(PortRange earlier) {
    if (spansAll()) {
      return earlier;
    }
    if (first == 0 && last > 0) {
      return inverted ? new PortRange(last + 1, earlier.last, earlier.inverted) : new PortRange(earlier.first, last, earlier.inverted);
    }
    return new PortRange(first, last, inverted || earlier.inverted);
  }

  /** Reads {@code spt:5}, {@code spts:!5:6} of a listing, where {@code name} is {@code spt}; ANY if it is not there. */
  static PortRange readListing(ListingReader in, String name) {
    Argument one = in.skipPrefix(name + ":");
    if (one != null) {
      int port = in.port(Extension.afterBang(one));
      return new PortRange(port, port, Extension.bang(one));
    }
    Argument two = in.skipPrefix(name + "s:");
    if (two == null) {
      return ANY;
    }
    List<Argument> bounds = Extension.afterBang(two).split(':');
    if (bounds.size() != 2) {
      throw two.error("bad port range: " + two.text(), "expected first:last");
    }
    return new PortRange(in.port(bounds.get(0)), in.port(bounds.get(1)), Extension.bang(two));
  }

  boolean matches(int port) {
    return (port >= first && port <= last) != inverted;
  }

  /**
   * Whether the port at {@code offset} of the transport header matches a native nft expression. For a range of all ports,
   * even an inverted one, iptables-nft writes none.
   */
  boolean nftMatches(SkBuff skb, int offset) {
    if (spansAll()) {
      return true;
    }
    int port = TransportHeader.nftPort(skb, offset);
    return port >= 0 && matches(port);
  }

  /** Whether nothing is asked of the port. */
  boolean isAny() {
    return spansAll() && !inverted;
  }

  /** Whether the range spans all ports, inverted or not. */
  boolean spansAll() {
    return first == 0 && last == 0xffff;
  }

  /** Nothing for a range of all ports, even an inverted one, as libxt_tcp.c and libxt_udp.c do. */
  void print(RuleWriter out, String option) {
    if (!spansAll()) {
      printAlways(out, option);
    }
  }

  /** Whatever the range, as libxt_sctp.c and libxt_dccp.c do for an option that was given. */
  void printAlways(RuleWriter out, String option) {
    out.option(inverted, option, first == last ? Integer.toString(first) : first + ":" + last);
  }

  void list(ListingWriter out, String name) {
    if (spansAll() && !inverted) {
      return;
    }
    String bang = inverted ? "!" : "";
    out.word(first == last ? name + ":" + bang + first : name + "s:" + bang + first + ":" + last);
  }

  /** Adds what the range demands of {@code field} to {@code parts}. */
  void constrain(Field field, List<Constraint> parts) {
    if (spansAll() && !inverted) {
      return;
    }
    Constraint in = first > last ? new Constraint.In(field, List.of()) : Constraint.range(field, first, last, false);
    parts.add(inverted ? new Constraint.Not(in) : in);
  }
}
