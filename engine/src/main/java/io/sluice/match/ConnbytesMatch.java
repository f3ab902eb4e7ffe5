package io.sluice.match;

import io.sluice.conntrack.Connection;
import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code -m connbytes [!] --connbytes from[:to] --connbytes-dir original|reply|both --connbytes-mode
 * packets|bytes|avgpkt}: what the connection has carried so far, this packet included.
 *
 * <p>Kernel: connbytes_mt() in net/netfilter/xt_connbytes.c. iptables: extensions/libxt_connbytes.c. A connection that
 * began while nf_conntrack_acct was off has no counters and never matches; loading such a rule switches it on (a
 * sysctl of the namespace, connbytes_mt_check()).
 *
 * @param from inclusive; unsigned 64 bits
 * @param to inclusive; -1 (2^64 - 1) when not given
 */
record ConnbytesMatch(long from, long to, boolean inverted, Direction direction, Mode mode) implements Match {

  /** Which direction's counters. */
  enum Direction {
    ORIGINAL,
    REPLY,
    BOTH
  }

  /** What is counted. */
  enum Mode {
    PACKETS,
    BYTES,
    AVGPKT
  }

  static final MatchExtension EXTENSION = new Extension("connbytes",
      OptionSpec.invertible("--connbytes"), OptionSpec.value("--connbytes-dir"), OptionSpec.value("--connbytes-mode")) {
    @Override
    public Match parse(Options options) {
      return of(options.require("--connbytes"), options.inverted("--connbytes"), options.require("--connbytes-dir"),
          options.require("--connbytes-mode"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      int mark = in.mark();
      boolean inverted = in.skip("!");
      if (!in.skip("connbytes")) {
        in.reset(mark);
        return Optional.empty();
      }
      Argument range = in.next();
      in.skip("connbytes", "mode");
      Argument mode = in.next();
      in.skip("connbytes", "direction");
      return Optional.of(of(range, inverted, in.next(), mode));
    }
  };

  private static ConnbytesMatch of(Argument range, boolean inverted, Argument direction, Argument mode) {
    List<Argument> parts = range.split(':');
    if (parts.size() > 2) {
      throw range.error("too many parts: " + range.text(), "expected from[:to]");
    }
    long from = parts.get(0).text().isEmpty() ? 0 : parts.get(0).u64();
    long to = parts.size() == 1 || parts.get(1).text().isEmpty() ? -1 : parts.get(1).u64();
    if (Long.compareUnsigned(to, from) < 0) {
      throw range.error("range runs backwards: " + range.text(), "expected from:to with from <= to");
    }
    return new ConnbytesMatch(from, to, inverted, word(Direction.values(), direction), word(Mode.values(), mode));
  }

  private static <E extends Enum<E>> E word(E[] values, Argument argument) {
    for (E value : values) {
      if (value.name().toLowerCase(Locale.ROOT).equals(argument.text())) {
        return value;
      }
    }
    throw argument.error("unknown: " + argument.text(), "expected one of " + Arrays.toString(values).toLowerCase(Locale.ROOT));
  }

  @Override
  public String name() {
    return "connbytes";
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }

  @Override
  public boolean needsAccounting() {
    return true;
  }

  @Override
  public long turnsAfter(int length) {
    return mode == Mode.AVGPKT ? 0 : Turns.past(to == -1 ? from : to, mode == Mode.BYTES ? length : 1);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    Connection ct = skb.ct().connection();
    if (ct == null || !ct.accounted()) {
      return false;
    }
    long packets = (direction != Direction.REPLY ? ct.packets(false) : 0) + (direction != Direction.ORIGINAL ? ct.packets(true) : 0);
    long bytes = (direction != Direction.REPLY ? ct.bytes(false) : 0) + (direction != Direction.ORIGINAL ? ct.bytes(true) : 0);
    long what = mode == Mode.PACKETS ? packets : mode == Mode.BYTES ? bytes
        : packets == 0 ? 0 : Long.divideUnsigned(bytes, packets);
    boolean in = Long.compareUnsigned(what, from) >= 0 && Long.compareUnsigned(what, to) <= 0;
    // Inverted, the kernel keeps the bounds swapped; for equal bounds that says the same as not inverted.
    return in != (inverted && from != to);
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted && from != to, "--connbytes", range()).option("--connbytes-mode", lower(mode))
        .option("--connbytes-dir", lower(direction));
  }

  @Override
  public void list(ListingWriter out) {
    out.word((inverted && from != to ? "! " : "") + "connbytes " + range() + " connbytes mode " + lower(mode)
        + " connbytes direction " + lower(direction));
  }

  private String range() {
    return to == -1 || to == 0 ? Long.toUnsignedString(from) : Long.toUnsignedString(from) + ":" + Long.toUnsignedString(to);
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Constraint constraint() {
    return Constraint.opaque(); // counters move
  }
}
