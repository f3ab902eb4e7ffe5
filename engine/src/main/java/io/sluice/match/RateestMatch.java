package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.RateEstimator;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * {@code -m rateest [--rateest-delta] --rateest1 name [--rateest-bps1 [rate]] [--rateest-pps1 [n]] [!] --rateest-lt|-gt|-eq
 * [--rateest2 name] [--rateest-bps2 [rate]] [--rateest-pps2 [n]]}: what {@code -j RATEEST} estimated, against a number or
 * another estimator.
 *
 * <p>Kernel: xt_rateest_mt() in net/netfilter/xt_rateest.c. iptables: extensions/libxt_rateest.c. An estimator that no
 * packet has reached yet counts nothing; that it must exist when the rule is loaded is not asked.
 *
 * @param second null when the numbers {@code bytes2}, {@code packets2} are compared with
 * @param bytes whether bytes a second are compared
 * @param packets whether packets a second are compared
 * @param sign -1 less, 0 equal, 1 greater
 */
record RateestMatch(
    String first, String second, boolean delta, boolean bytes, boolean packets, long bytes1, long bytes2, long packets1,
    long packets2, int sign, boolean inverted)
    implements Match {

  private static final long U32 = 0xffff_ffffL;
  private static final String[] SIGNS = {"lt", "eq", "gt"};
  private static final Map<String, Double> UNITS = units();

  private static Map<String, Double> units() {
    Map<String, Double> units = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    units.put("", 1.0);
    units.put("bit", 1.0);
    units.put("Bps", 8.0);
    String prefixes = "kmgt";
    for (int i = 0; i < prefixes.length(); i++) {
      double decimal = Math.pow(1000, i + 1);
      double binary = Math.pow(1024, i + 1);
      units.put(prefixes.charAt(i) + "bit", decimal);
      units.put(prefixes.charAt(i) + "ibit", binary);
      units.put(prefixes.charAt(i) + "Bps", 8 * decimal);
      units.put(prefixes.charAt(i) + "iBps", 8 * binary);
    }
    return units;
  }

  static final MatchExtension EXTENSION = new Extension("rateest",
      OptionSpec.value("--rateest1").alias("--rateest"), OptionSpec.value("--rateest2"),
      OptionSpec.optional("--rateest-bps1"), OptionSpec.optional("--rateest-pps1"),
      OptionSpec.optional("--rateest-bps2").alias("--rateest-bps"),
      OptionSpec.optional("--rateest-pps2").alias("--rateest-pps"), OptionSpec.flag("--rateest-delta"),
      OptionSpec.invertibleFlag("--rateest-lt"), OptionSpec.invertibleFlag("--rateest-gt"),
      OptionSpec.invertibleFlag("--rateest-eq")) {
    @Override
    public Match parse(Options options) {
      List<Options.Use> signs = Stream.of("--rateest-lt", "--rateest-gt", "--rateest-eq")
          .flatMap(name -> options.uses(name).stream()).toList();
      // Of several the last says how, and any "!" inverts.
      Options.Use sign = signs.stream().max(Comparator.comparingInt(use -> use.name().offset()))
          .orElseThrow(() -> options.missing("one of --rateest-lt --rateest-gt --rateest-eq"));
      boolean bytes = options.has("--rateest-bps1") || options.has("--rateest-bps2");
      boolean packets = options.has("--rateest-pps1") || options.has("--rateest-pps2");
      if (!bytes && !packets) {
        throw options.missing("--rateest-bps or --rateest-pps");
      }
      String second = options.has("--rateest2") ? shortened(options.argument("--rateest2")) : null;
      return new RateestMatch(shortened(options.require("--rateest1")), second, options.has("--rateest-delta"), bytes, packets,
          rate(options, "--rateest-bps1"), rate(options, "--rateest-bps2"), count(options, "--rateest-pps1"),
          count(options, "--rateest-pps2"), sign(sign.spec().name().substring("--rateest-".length())),
          signs.stream().anyMatch(Options.Use::inverted));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      return in.skip("rateest", "match") ? Optional.of(listed(in)) : Optional.empty();
    }
  };

  private static int sign(String word) {
    return Arrays.asList(SIGNS).indexOf(word) - 1;
  }

  private static int sign(Argument word) {
    int sign = sign(word.text());
    if (sign < -1) {
      throw word.error("unexpected: " + word.text(), "expected lt, eq or gt");
    }
    return sign;
  }

  private static String shortened(Argument argument) {
    return argument.text().length() > 15 ? argument.text().substring(0, 15) : argument.text();
  }

  private static long rate(Options options, String option) {
    return options.has(option) && !options.uses(option).get(0).arguments().isEmpty() ? rate(options.argument(option)) : 0;
  }

  private static long count(Options options, String option) {
    return options.has(option) && !options.uses(option).get(0).arguments().isEmpty()
        ? options.argument(option).number(0, U32) : 0;
  }

  /** Bits a second, or with a unit; in bytes a second. */
  private static long rate(Argument argument) {
    CNumbers.Real number = CNumbers.strtod(argument.text(), 0);
    Double unit = UNITS.get(argument.text().substring(number.end()));
    if (unit == null || number.end() == 0) {
      throw argument.error("bad rate: " + argument.text(), "expected a number with bit, kbit, Mibit, Bps, KBps …");
    }
    return CNumbers.toUnsigned32(number.value() * unit / 8) & U32;
  }

  private static RateestMatch listed(ListingReader in) {
    String first = in.next().text();
    boolean delta = in.skip("delta");
    boolean bytes = in.skip("bps");
    long bytes1 = bytes && delta ? in.next().number(0, U32) : 0;
    long bytes2 = bytes && Character.isDigit((in.peek().text() + "!").charAt(0)) ? in.next().number(0, U32) : 0;
    boolean inverted = false;
    int sign = 2;
    if (!in.peek().text().equals("pps")) {
      inverted = in.skip("!");
      sign = sign(in.next());
    }
    boolean packets = in.skip("pps");
    long packets1 = packets && delta ? in.next().number(0, U32) : 0;
    long packets2 = 0;
    if (sign == 2) {
      inverted = in.skip("!");
      sign = sign(in.next());
    }
    String second = null;
    if (packets && Character.isDigit((in.peek().text() + "!").charAt(0))) {
      packets2 = in.next().number(0, U32);
    } else if (!in.atEnd()) {
      second = in.next().text();
      if (in.skip("bps") && delta) {
        bytes2 = in.next().number(0, U32);
      }
      if (in.skip("pps") && delta) {
        packets2 = in.next().number(0, U32);
      }
    }
    return new RateestMatch(first, second, delta, bytes, packets, bytes1, bytes2, packets1, packets2, sign, inverted);
  }

  @Override
  public String name() {
    return "rateest";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    long now = par.net().clock().nanos();
    RateEstimator one = (RateEstimator) par.net().sharedIfPresent(RateEstimator.key(first));
    RateEstimator other = second == null ? null : (RateEstimator) par.net().sharedIfPresent(RateEstimator.key(second));
    long b1 = less(bytes1, one == null ? 0 : one.bytesPerSecond(now));
    long p1 = less(packets1, one == null ? 0 : one.packetsPerSecond(now));
    long b2 = second == null ? bytes2 : less(bytes2, other == null ? 0 : other.bytesPerSecond(now));
    long p2 = second == null ? packets2 : less(packets2, other == null ? 0 : other.packetsPerSecond(now));
    boolean holds = (!bytes || Long.compare(b1, b2) == sign) && (!packets || Long.compare(p1, p2) == sign);
    return holds != inverted;
  }

  /** With {@code --rateest-delta} what is left of a rate, otherwise what was measured. */
  private long less(long rate, long measured) {
    return delta ? Math.max(0, rate - measured) : measured;
  }

  @Override
  public void print(RuleWriter out) {
    if (delta) {
      out.word("--rateest-delta");
    }
    out.option(second == null ? "--rateest" : "--rateest1", first);
    if (bytes) {
      rates(out, "bps", bit(bytes1), bit(bytes2));
    }
    if (packets) {
      rates(out, "pps", Long.toString(packets1), Long.toString(packets2));
    }
    if (second != null) {
      out.option("--rateest2", second);
    }
  }

  private void rates(RuleWriter out, String name, String one, String two) {
    if (delta) {
      out.option("--rateest-" + name + "1", one);
    }
    out.option(inverted, "--rateest-" + SIGNS[sign + 1]).word("--rateest-" + name + (delta ? "2" : ""));
    if (second == null || delta) {
      out.word(two);
    }
  }

  private static String bit(long bytesPerSecond) {
    double bits = bytesPerSecond * 8.0;
    return bits >= 1e9 ? String.format(Locale.ROOT, "%.0fMbit", bits / 1e6)
        : bits >= 1e6 ? String.format(Locale.ROOT, "%.0fKbit", bits / 1e3) : String.format(Locale.ROOT, "%.0fbit", bits);
  }

  @Override
  public void list(ListingWriter out) {
    String mode = (inverted ? "! " : "") + SIGNS[sign + 1];
    RuleWriter words = new RuleWriter().word("rateest match " + first + (delta ? " delta" : ""));
    if (bytes) {
      words.word("bps" + (delta ? " " + bytes1 : "") + (second == null ? " " + bytes2 + " " + mode : ""));
    }
    if (packets) {
      words.word("pps" + (delta ? " " + packets1 : "") + (second == null ? " " + mode + " " + packets2 : ""));
    }
    if (second != null) {
      words.word(mode + " " + second + (bytes ? " bps" + (delta ? " " + bytes2 : "") : "")
          + (packets ? " pps" + (delta ? " " + packets2 : "") : ""));
    }
    out.word(words.toString());
  }
}
