package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.function.Supplier;

/**
 * {@code -m hashlimit (--hashlimit-upto | --hashlimit-above) rate [--hashlimit-burst n] [--hashlimit-mode
 * srcip,srcport,dstip,dstport] --hashlimit-name n …}: a token bucket for each combination of addresses and ports; rates in
 * packets or bytes.
 *
 * <p>Kernel: hashlimit_mt_common() and hashlimit_mt_check_common() in net/netfilter/xt_hashlimit.c, revision 3. iptables:
 * extensions/libxt_hashlimit.c. Rules of one name and family share a table, which works by the settings of the first that
 * meets a packet (in the kernel: the first that is loaded). A listing does not show the name, so that it cannot be read
 * back.
 */
final class HashlimitMatch implements Match {

  private static final String[] UNITS = {"day", "hour", "min", "sec"};
  private static final long[] UNIT_SECONDS = {86_400, 3_600, 60, 1};
  private static final Map<String, Field> KEYS = Map.of("srcip", Field.SOURCE, "dstip", Field.DESTINATION,
      "srcport", Field.SOURCE_PORT, "dstport", Field.DESTINATION_PORT);
  private static final int DEFAULT_BURST = 5;
  private static final int MAX_NAME = 254;
  private static final int MAX_BURST = 1_000_000;
  private static final int DEFAULT_GC = 1_000;
  private static final int BYTE_EXPIRE_SECONDS = 15;
  private static final int BYTE_EXPIRE_BURST_SECONDS = 60;

  private static final long U32 = 0xffff_ffffL;

  static final MatchExtension EXTENSION = new Extension("hashlimit",
      OptionSpec.invertible("--hashlimit-upto").alias("--hashlimit"), OptionSpec.invertible("--hashlimit-above"),
      OptionSpec.value("--hashlimit-srcmask"), OptionSpec.value("--hashlimit-dstmask"), OptionSpec.value("--hashlimit-burst"),
      OptionSpec.value("--hashlimit-htable-size"), OptionSpec.value("--hashlimit-htable-max"),
      OptionSpec.value("--hashlimit-htable-gcinterval"), OptionSpec.value("--hashlimit-htable-expire"),
      OptionSpec.value("--hashlimit-mode"), OptionSpec.value("--hashlimit-name"), OptionSpec.flag("--hashlimit-rate-match"),
      OptionSpec.value("--hashlimit-rate-interval")) {
    @Override
    public Match parse(Options options) {
      return HashlimitMatch.parse(options);
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      int mark = in.mark();
      if (in.skip("limit:", "up", "to") || in.skip("limit:", "above")) {
        in.reset(mark);
        throw in.peek().unsupported("a listing does not say the name of a hashlimit's table",
            "use the output of iptables-save instead");
      }
      return Optional.empty();
    }
  };

  private static HashlimitMatch parse(Options options) {
    Options.Use use = Extension.one(options, "--hashlimit-upto", "--hashlimit-above");
    if (use == null) {
      throw options.missing("--hashlimit-upto or --hashlimit-above");
    }
    String name = ProcName.of(options.require("--hashlimit-name"), "table", MAX_NAME);
    HashlimitConfig.Builder c = new HashlimitConfig.Builder();
    c.above = use.spec().isCalled("--hashlimit-above") != use.inverted();
    int multiplier = rate(use.arguments().get(0), c);
    boolean burstGiven = options.has("--hashlimit-burst");
    long burst = burstGiven ? burst(options.argument("--hashlimit-burst")) : DEFAULT_BURST;
    c.expireMillis = multiplier * 1000L;
    if (c.bytes) {
      long unit = HashlimitConfig.costToBytes(c.average);
      if (burstGiven && unit == 0) { // here iptables divides by it, and dies
        throw options.argument("--hashlimit-burst").error("no burst of a rate that counts as none", "expected a rate of 16b/s at least");
      }
      if (burstGiven && burst < unit) {
        throw options.argument("--hashlimit-burst").error("burst too small", "expected at least " + unit + "b");
      }
      // iptables divides what 32 bits hold of it, and rounds up for what the whole leaves over.
      c.burst = burstGiven ? (burst & U32) / unit + (burst % unit == 0 ? 0 : 1) : 0;
      c.expireMillis = (burstGiven ? BYTE_EXPIRE_BURST_SECONDS : BYTE_EXPIRE_SECONDS) * 1000L;
    } else {
      if (burst > MAX_BURST) {
        throw options.argument("--hashlimit-burst").error("burst out of range: " + burst, "expected 1.." + MAX_BURST);
      }
      c.burst = burst;
    }
    c.expireMillis = millis(options, "--hashlimit-htable-expire", c.expireMillis);
    c.size = number(options, "--hashlimit-htable-size", 0);
    c.max = number(options, "--hashlimit-htable-max", 0);
    c.gcMillis = millis(options, "--hashlimit-htable-gcinterval", DEFAULT_GC);
    c.mode = options.has("--hashlimit-mode") ? mode(options.argument("--hashlimit-mode")) : 0;
    c.sourceBits = bits(options, "--hashlimit-srcmask");
    c.destinationBits = bits(options, "--hashlimit-dstmask");
    c.rateMatch = options.has("--hashlimit-rate-match");
    c.interval = options.has("--hashlimit-rate-interval") ? interval(options.argument("--hashlimit-rate-interval")) : 0;
    if (c.rateMatch) {
      c.average = c.bytes ? c.average : c.average / multiplier;
      c.interval = c.interval != 0 ? c.interval : c.bytes ? 1 : multiplier;
    }
    HashlimitConfig config = c.build();
    if (config.overflows()) {
      throw options.error("rate and burst are too much for the kernel's credit",
          "expected a shorter unit or a smaller --hashlimit-burst");
    }
    return new HashlimitMatch(options.family(), name, config);
  }

  private static long number(Options options, String option, long absent) {
    return options.has(option) ? options.argument(option).number(0, U32) : absent;
  }

  /** A time, of which the kernel takes no 0: hashlimit_mt_check_common(). */
  private static long millis(Options options, String option, long absent) {
    return options.has(option) ? options.argument(option).number(1, U32) : absent;
  }

  private static int bits(Options options, String option) {
    int all = options.family().addressBits();
    return options.has(option) ? (int) options.argument(option).number(0, all) : all;
  }

  /** Sets average and kind; returns the seconds of the rate's unit. */
  private static int rate(Argument argument, HashlimitConfig.Builder c) {
    String text = argument.text().replaceFirst("^\\s*\\+?", "");
    String digits = text.replaceFirst("\\D.*", "");
    long number = digits.isEmpty() || digits.length() > 15 ? 0 : Long.parseLong(digits);
    int bytes = text.indexOf("b/s");
    if (number == 0) {
      throw argument.error("bad rate: " + text, "expected a number with /second, /minute, /hour, /day or b/s, kb/s, mb/s");
    }
    if (bytes > 0) {
      c.bytes = true;
      c.average = HashlimitConfig.bytesToCost(number * factor(text.charAt(bytes - 1)));
      if (c.average == 0) {
        throw argument.error("rate too high: " + text, "expected a lower rate");
      }
      return BYTE_EXPIRE_SECONDS;
    }
    int slash = text.indexOf('/');
    int seconds = 1;
    if (slash >= 0) {
      String unit = text.substring(slash + 1).toLowerCase(Locale.ROOT);
      seconds = unit.isEmpty() ? 0 : "second".startsWith(unit) ? 1 : "minute".startsWith(unit) ? 60
          : "hour".startsWith(unit) ? 3_600 : "day".startsWith(unit) ? 86_400 : 0;
    }
    if (seconds == 0) {
      throw argument.error("bad rate: " + text, "expected a number with /second, /minute, /hour, /day or b/s, kb/s, mb/s");
    }
    c.average = HashlimitConfig.SCALE * seconds / number;
    if (c.average == 0) {
      throw argument.error("rate too fast: " + text, "expected at most " + HashlimitConfig.SCALE + "/second");
    }
    return seconds;
  }

  private static long factor(char unit) {
    return unit == 'm' ? 1 << 20 : unit == 'k' ? 1 << 10 : 1;
  }

  private static final Pattern BURST = Pattern.compile("\\s*\\+?(0[xX][0-9a-fA-F]{1,12}|0[0-7]{0,15}|[1-9][0-9]{0,14})");

  private static long burst(Argument argument) {
    // parse_burst() in extensions/libxt_hashlimit.c: strtoull() with base 0, and of what follows one letter.
    Matcher written = BURST.matcher(argument.text());
    if (!written.lookingAt()) {
      throw argument.error("bad burst: " + argument.text(), "expected 1.." + MAX_BURST + ", or bytes as in 500b, 2kb, 1mb");
    }
    String digits = written.group(1);
    String rest = argument.text().substring(written.end());
    long number = Long.decode(digits);
    if (number == 0 || rest.isEmpty() && number > MAX_BURST) {
      throw argument.error("burst out of range: " + argument.text(), "expected 1.." + MAX_BURST);
    }
    return rest.isEmpty() ? number : number * factor(rest.charAt(0));
  }

  private static int interval(Argument argument) {
    int seconds = CNumbers.atoi(argument.text());
    if (seconds <= 0) {
      throw argument.error("bad interval: " + argument.text(), "expected seconds in 1..2147483647");
    }
    return seconds;
  }

  private static int mode(Argument argument) {
    int mode = 0;
    for (Argument list : argument.split(',')) {
      for (Argument part : list.split('|')) {
        int index = HashlimitConfig.MODES.indexOf(part.text());
        if (index < 0 && !part.text().isEmpty()) {
          throw part.error("unknown mode: " + part.text(), "expected some of " + String.join(" ", HashlimitConfig.MODES));
        }
        mode |= index < 0 ? 0 : 1 << index;
      }
    }
    return mode;
  }

  private final Family family;
  private final String table;
  private final HashlimitConfig config;
  private final String shared;
  private final Supplier<HashlimitTable> maker;

  private HashlimitMatch(Family family, String table, HashlimitConfig config) {
    this.family = family;
    this.table = table;
    this.config = config;
    this.shared = "hashlimit:" + family + ":" + table;
    this.maker = () -> new HashlimitTable(config);
  }

  @Override
  public MatchMemory memory() {
    return new MatchMemory(shared, true, true);
  }

  @Override
  public long turnsAfter(int length) {
    return config.turnsAfter(length);
  }

  @Override
  public Set<Field> keys() {
    Set<Field> keys = config.bytes() ? EnumSet.of(Field.LENGTH) : EnumSet.noneOf(Field.class);
    KEYS.forEach((mode, field) -> {
      if ((config.mode() >> HashlimitConfig.MODES.indexOf(mode) & 1) != 0) {
        keys.add(field);
      }
    });
    return keys;
  }

  @Override
  public String name() {
    return "hashlimit";
  }

  @Override
  public int headerBytes() {
    return keys().contains(Field.SOURCE_PORT) || keys().contains(Field.DESTINATION_PORT) ? 4 : 0;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    HashlimitTable buckets = (HashlimitTable) par.net().shared(shared, maker);
    HashlimitTable.Bucket bucket = buckets.bucket(skb, Jiffies.now(par));
    if (bucket == null) {
      par.setHotdrop();
      return false;
    }
    return buckets.take(bucket, config, skb.length()) != config.above();
  }

  @Override
  public void print(RuleWriter out) {
    out.option(config.above() ? "--hashlimit-above" : "--hashlimit-upto", rateText(config.average()));
    if (config.bytes()) {
      if (config.burst() != 0) {
        out.option("--hashlimit-burst", burstBytes());
      }
    } else {
      out.option("--hashlimit-burst", config.burst());
    }
    if (config.mode() != 0) {
      out.option("--hashlimit-mode", config.modeText(','));
    }
    out.option("--hashlimit-name", table);
    tables(out, "--hashlimit-", config.average());
    if (config.rateMatch()) {
      out.word("--hashlimit-rate-match");
      if (config.interval() != 1) {
        out.option("--hashlimit-rate-interval", config.interval());
      }
    }
  }

  private void tables(RuleWriter out, String prefix, long period) {
    if (config.size() != 0) {
      out.option(prefix + "htable-size", config.size());
    }
    if (config.max() != 0) {
      out.option(prefix + "htable-max", config.max());
    }
    if (config.gcMillis() != DEFAULT_GC) {
      out.option(prefix + "htable-gcinterval", config.gcMillis());
    }
    if (config.expireMillis() != defaultExpireMillis(period)) {
      out.option(prefix + "htable-expire", config.expireMillis());
    }
    if (config.sourceBits() != family.addressBits()) {
      out.option(prefix + "srcmask", config.sourceBits());
    }
    if (config.destinationBits() != family.addressBits()) {
      out.option(prefix + "dstmask", config.destinationBits());
    }
  }

  private long defaultExpireMillis(long period) {
    return config.bytes() ? (config.burst() == 0 ? BYTE_EXPIRE_SECONDS : BYTE_EXPIRE_BURST_SECONDS) * 1000L
        : UNIT_SECONDS[unit(period)] * 1000;
  }

  @Override
  public void list(ListingWriter out) {
    long period = config.bytes() || config.interval() == 0 ? config.average() : config.average() * config.interval();
    RuleWriter words = new RuleWriter().word(config.above() ? "limit: above" : "limit: up to").word(rateText(period));
    if (!config.bytes() || config.burst() != 0) {
      words.word("burst " + (config.bytes() ? burstBytes() : config.burst()));
    }
    if (config.mode() != 0) {
      words.word("mode " + config.modeText('-'));
    }
    tables(words, "", period);
    if (config.rateMatch()) {
      words.word("rate-match");
      if (config.interval() != 1) {
        words.word("rate-interval " + config.interval());
      }
    }
    out.word(words.toString());
  }

  private static int unit(long period) {
    int i = 1;
    while (i < UNITS.length) {
      long unit = HashlimitConfig.SCALE * UNIT_SECONDS[i];
      if (period > unit || unit / period < unit % period) {
        break;
      }
      i++;
    }
    return i - 1;
  }

  private String rateText(long period) {
    if (!config.bytes()) {
      int unit = unit(period);
      return HashlimitConfig.SCALE * UNIT_SECONDS[unit] / period + "/" + UNITS[unit];
    }
    long bytes = HashlimitConfig.costToBytes(config.average());
    String[] names = {"m", "k"};
    for (int i = 0; i < names.length; i++) {
      long unit = factor(names[i].charAt(0));
      if (bytes >= unit && HashlimitConfig.bytesToCost(bytes & -unit) == config.average()) {
        return bytes / unit + names[i] + "b/s";
      }
    }
    return bytes + "b/s";
  }

  private String burstBytes() {
    long bytes = HashlimitConfig.costToBytes(config.average()) * config.burst();
    return bytes >= 1 << 20 ? (bytes >> 20) + "mb" : bytes >= 1 << 10 ? (bytes >> 10) + "kb" : bytes + "b";
  }
}
