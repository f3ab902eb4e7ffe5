package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.ActionParam.Backend;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.ruleset.RuleWriter;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code -m limit [--limit n[/second|/minute|/hour|/day]] [--limit-burst n]}: a token bucket that begins full.
 *
 * <p>Kernel: limit_mt() and limit_mt_check() in net/netfilter/xt_limit.c; iptables-nft writes a native limit:
 * nft_limit_init(), nft_limit_eval() in net/netfilter/nft_limit.c, which counts nanoseconds in place of jiffies.
 * iptables: extensions/libxt_limit.c, add_nft_limit() in iptables/nft.c.
 *
 * @param period 10,000th of a second between two packets; a u32
 * @param burst packets that may come at once
 */
record LimitMatch(int period, int burst) implements Match {

  /** XT_LIMIT_SCALE. */
  private static final int SCALE = 10_000;
  /** The largest power of two of credits a jiffy with which a day's credits are below 2^32. */
  private static final long CREDITS_PER_JIFFY = Long.highestOneBit(0xffff_ffffL / (Jiffies.HZ * 86_400L));
  private static final String[] UNITS = {"day", "hour", "min", "sec"};
  private static final long[] UNIT_PERIODS = {SCALE * 86_400L, SCALE * 3_600L, SCALE * 60L, SCALE};
  private static final int DEFAULT_BURST = 5;

  static final MatchExtension EXTENSION =
      new Extension("limit", OptionSpec.value("--limit"), OptionSpec.value("--limit-burst")) {
    @Override
    public Match parse(Options options) {
      int period = options.has("--limit") ? period(options.argument("--limit")) : SCALE * 3_600 / 3;
      int burst = options.has("--limit-burst")
          ? (int) options.argument("--limit-burst").number(0, 10_000) : DEFAULT_BURST;
      if (burst == 0 && options.backend() == Backend.NFT) {
        burst = DEFAULT_BURST; // nft_limit_init() takes 0 for "not given"
      }
      LimitMatch match = new LimitMatch(period, burst);
      if (options.backend() == Backend.LEGACY && match.overflows()) {
        throw options.error("rate and burst are too much for the kernel's 32 bits of credit",
            "expected a shorter unit, or a --limit-burst that is smaller and not 0");
      }
      return match;
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("limit:", "avg")) {
        return Optional.empty();
      }
      int period = period(in.next());
      return Optional.of(new LimitMatch(period, in.skip("burst") ? (int) in.next().number(0, 10_000) : DEFAULT_BURST));
    }
  };

  private static int period(Argument argument) {
    int slash = argument.text().indexOf('/');
    long seconds = 1;
    if (slash >= 0) {
      String unit = argument.text().substring(slash + 1).toLowerCase(Locale.ROOT);
      seconds = unit.isEmpty() ? 0 : "second".startsWith(unit) ? 1 : "minute".startsWith(unit) ? 60
          : "hour".startsWith(unit) ? 3_600 : "day".startsWith(unit) ? 86_400 : 0;
    }
    long rate = CNumbers.atoi(argument.text()) & 0xffff_ffffL;
    if (seconds == 0 || rate == 0) {
      throw argument.error("bad rate: " + argument.text(), "expected a number, and /second, /minute, /hour or /day");
    }
    long period = SCALE * seconds / rate;
    if (period == 0) {
      throw argument.error("rate too fast: " + argument.text(), "expected at most " + SCALE + "/second");
    }
    return (int) period;
  }

  private boolean overflows() {
    return burst == 0
        || Integer.compareUnsigned(credits(period * burst), credits(period)) < 0;
  }

  /** user2credits(): with the wrap-around of a u32. */
  private static int credits(int period) {
    int perSecond = (int) (Jiffies.HZ * CREDITS_PER_JIFFY);
    if (Integer.compareUnsigned(period, Integer.divideUnsigned(-1, perSecond)) > 0) {
      return Integer.divideUnsigned(period, SCALE) * perSecond;
    }
    return Integer.divideUnsigned(period * perSecond, SCALE);
  }

  /** A bucket: credits, or for nft nanoseconds, and when they were last counted. */
  private static final class Bucket implements MatchState {
    private boolean begun;
    private int credit;
    private long jiffies;
    private long tokens;
    private long nanos;

    @Override
    public MatchState copy() {
      Bucket copy = new Bucket();
      copy.begun = begun;
      copy.credit = credit;
      copy.jiffies = jiffies;
      copy.tokens = tokens;
      copy.nanos = nanos;
      return copy;
    }
  }

  @Override
  public MatchState newState() {
    return new Bucket();
  }

  @Override
  public long turnsAfter(int length) {
    int cost = credits(period); // which is rounded: a bucket may hold more packets than the burst
    return Math.max(Turns.past(burst, 1), cost == 0 ? Long.MAX_VALUE : Integer.divideUnsigned(credits(period * burst), cost) + 1L);
  }

  @Override
  public MatchMemory memory() {
    return MatchMemory.OWN;
  }

  @Override
  public String name() {
    return "limit";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    Bucket bucket = (Bucket) par.state();
    return par.backend() == Backend.NFT ? takeNanos(bucket, par) : takeCredits(bucket, par);
  }

  private boolean takeCredits(Bucket bucket, ActionParam par) {
    long now = Jiffies.now(par);
    int cap = credits(period * burst);
    int cost = credits(period);
    if (!bucket.begun) {
      bucket.begun = true;
      bucket.credit = cap;
      bucket.jiffies = now;
    }
    int credit = bucket.credit + (int) ((now - bucket.jiffies) * CREDITS_PER_JIFFY);
    bucket.jiffies = now;
    if (Integer.compareUnsigned(credit, cap) > 0) {
      credit = cap;
    }
    boolean enough = Integer.compareUnsigned(credit, cost) >= 0;
    bucket.credit = enough ? credit - cost : credit;
    return enough;
  }

  private boolean takeNanos(Bucket bucket, ActionParam par) {
    int unit = unit();
    long cost = UNIT_PERIODS[unit] / SCALE * 1_000_000_000L / (UNIT_PERIODS[unit] / Integer.toUnsignedLong(period));
    long cap = cost * burst;
    long now = par.net().clock().nanos();
    long tokens = bucket.begun ? Math.min(bucket.tokens + now - bucket.nanos, cap) : cap;
    bucket.begun = true;
    bucket.nanos = now;
    boolean enough = tokens >= cost;
    bucket.tokens = enough ? tokens - cost : tokens;
    return enough;
  }

  /** The unit in which the rate is printed, by its place in {@link #UNITS}. */
  private int unit() {
    long p = Integer.toUnsignedLong(period);
    int i = 1;
    while (i < UNITS.length && p <= UNIT_PERIODS[i] && UNIT_PERIODS[i] / p >= UNIT_PERIODS[i] % p) {
      i++;
    }
    return i - 1;
  }

  private String rate() {
    int unit = unit();
    return UNIT_PERIODS[unit] / Integer.toUnsignedLong(period) + "/" + UNITS[unit];
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--limit", rate());
    if (burst != DEFAULT_BURST) {
      out.option("--limit-burst", burst);
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("limit: avg " + rate() + " burst " + burst);
  }
}
