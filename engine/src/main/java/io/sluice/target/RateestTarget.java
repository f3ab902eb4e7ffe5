package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.RateEstimator;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code -j RATEEST --rateest-name name --rateest-interval time --rateest-ewmalog time}: counts the packet in an
 * estimator that {@code -m rateest} reads.
 *
 * <p>Kernel: xt_rateest_tg() in net/netfilter/xt_RATEEST.c. iptables: extensions/libxt_RATEEST.c, which rounds the
 * interval up to 250 ms times a power of two and takes the largest weight that reaches the wanted time.
 *
 * @param key the name under which the estimator is shared
 * @param interval the interval is 250 ms shifted left by this
 */
record RateestTarget(String estimator, String key, int interval, int ewmaLog) implements ExtensionTarget {
  private static final int MAX_NAME = 15;
  private static final int SECOND = 1_000_000;

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "RATEEST",
      OptionSpec.value("--rateest-name"), OptionSpec.value("--rateest-interval"),
      OptionSpec.value("--rateest-ewmalog")) {
    @Override
    public ExtensionTarget parse(Options options) {
      String name = options.require("--rateest-name").text();
      Argument interval = options.require("--rateest-interval");
      long micros = micros(interval);
      return of(name.substring(0, Math.min(name.length(), MAX_NAME)), interval(interval, micros),
          ewma(options.require("--rateest-ewmalog"), micros));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (!in.skip("name")) {
        return Optional.empty();
      }
      String name = in.next().text();
      in.skip("interval");
      Argument interval = in.next();
      in.skip("ewmalog");
      long micros = micros(interval);
      int log = (int) Math.round(Math.log((double) micros(in.next()) / micros) / Math.log(2));
      return Optional.of(of(name, interval(interval, micros), log));
    }
  };

  private static RateestTarget of(String name, int interval, int ewmaLog) {
    return new RateestTarget(name, RateEstimator.key(name), interval, ewmaLog);
  }

  private static int interval(Argument argument, long micros) {
    for (int log = 0; log <= 5; log++) {
      if (micros <= (1 << log) * SECOND / 4) {
        return log;
      }
    }
    throw argument.error("interval value is too large: " + argument.text(), "expected at most 8s");
  }

  private static int ewma(Argument argument, long interval) {
    long wanted = micros(argument);
    int log = 1;
    while (log < 32 && interval / -Math.log(1 - 1.0 / (1 << log)) <= wanted) { // 1 << 31 is negative, as in C
      log++;
    }
    if (log - 1 == 0 || log - 1 >= 31) {
      throw argument.error("ewmalog value is out of range: " + argument.text(), "expected a few times the interval");
    }
    return log - 1;
  }

  /** Microseconds as 32 bits unsigned: RATEEST_get_time(). A negative time is a very long one. */
  private static long micros(Argument argument) {
    CNumbers.Real number = CNumbers.strtod(argument.text(), 0);
    double factor = switch (argument.text().substring(number.end()).toLowerCase(Locale.ROOT)) {
      case "s", "sec", "secs" -> SECOND;
      case "ms", "msec", "msecs" -> SECOND / 1000;
      case "", "us", "usec", "usecs" -> 1;
      default -> 0;
    };
    if (factor == 0 || number.end() == 0) {
      throw argument.error("not a time: " + argument.text(), "expected a number with s, ms or us");
    }
    return CNumbers.toUnsigned32(number.value() * factor) & 0xffff_ffffL;
  }

  @Override
  public String name() {
    return "RATEEST";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    long now = par.net().clock().nanos();
    RateEstimator shared = (RateEstimator) par.net().shared(key, () -> new RateEstimator(interval, ewmaLog, now));
    shared.count(skb.length(), now);
    return Verdict.CONTINUE;
  }

  private static String time(long micros) {
    if (micros >= SECOND) {
      return String.format(Locale.ROOT, "%.1fs", (double) micros / SECOND);
    }
    return micros < SECOND / 1000 ? micros + "us" : String.format(Locale.ROOT, "%.1fms", (double) micros / (SECOND / 1000));
  }

  /** {@code name x interval 250.0ms ewmalog 4.0s}, with dashes before each; the weight's time has 32 bits. */
  private String text(String dashes) {
    long micros = (1 << interval) * SECOND / 4;
    return dashes + "name " + estimator + " " + dashes + "interval " + time(micros) + " " + dashes + "ewmalog "
        + time(micros << ewmaLog & 0xffff_ffffL);
  }

  @Override
  public void print(RuleWriter out) {
    out.word(text("--rateest-"));
  }

  @Override
  public void list(ListingWriter out) {
    out.word(text(""));
  }
}
