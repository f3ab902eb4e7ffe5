package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.Options;
import io.sluice.ruleset.RuleWriter;
import java.util.stream.LongStream;

/** {@code [!] --ahspi first[:last]} and its like: 32 bits, unsigned; a range that runs backwards holds nothing. */
record SpiRange(NumberRange range, boolean inverted) {
  private static final long MAX = 0xffff_ffffL;
  static final SpiRange ANY = new SpiRange(new NumberRange(0, MAX), false);

  static SpiRange parse(Options options, String option, SpiRange absent) {
    return options.has(option)
        ? new SpiRange(NumberRange.parse(options.argument(option), MAX), options.inverted(option)) : absent;
  }

  /** {@code spi:!5} or {@code spis:5:9}; {@code absent} when neither stands here. */
  static SpiRange readListing(ListingReader in, String name, SpiRange absent) {
    Argument word = in.skipPrefix(name + ":");
    word = word != null ? word : in.skipPrefix(name + "s:");
    return word == null ? absent
        : new SpiRange(NumberRange.parse(Extension.afterBang(word), MAX), Extension.bang(word));
  }

  private boolean spansAll() {
    return range.first() == 0 && range.last() == MAX;
  }

  /** A number that it holds, if it holds any. */
  int example() {
    long[] bounds = {range.first(), 0, range.last() + 1 & MAX};
    return (int) LongStream.of(bounds).filter(value -> holds((int) value)).findFirst().orElse(range.first());
  }

  boolean holds(int value) {
    return range.holds(value & MAX) != inverted;
  }

  void print(RuleWriter out, String option) {
    if (!spansAll()) {
      out.option(inverted, option, range);
    }
  }

  /** What iptables -L writes, with {@code name} before it; empty for all. */
  String listed(String name) {
    return spansAll() && !inverted ? ""
        : name + (range.first() == range.last() ? ":" : "s:") + (inverted ? "!" : "") + range;
  }
}
