package io.sluice.target;

import io.sluice.extension.Argument;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
  private static final double SECOND = 1_000_000;

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "RATEEST",
      OptionSpec.value("--rateest-name"), OptionSpec.value("--rateest-interval"),
      OptionSpec.value("--rateest-ewmalog")) {
    @Override
    public ExtensionTarget parse(Options options) {
      Argument name = options.require("--rateest-name");
      if (name.text().isEmpty() || name.text().length() > MAX_NAME) {
        throw name.error("bad estimator name: " + name.text(), "expected 1 to " + MAX_NAME + " characters");
      }
      Argument interval = options.require("--rateest-interval");
      double micros = micros(interval);
      return of(name.text(), interval(interval, micros), ewma(options.require("--rateest-ewmalog"), micros));
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
      double micros = micros(interval);
      int log = (int) Math.round(Math.log(micros(in.next()) / micros) / Math.log(2));
      return Optional.of(of(name, interval(interval, micros), log));
    }
  };

  private static RateestTarget of(String name, int interval, int ewmaLog) {
    return new RateestTarget(name, RateEstimator.key(name), interval, ewmaLog);
  }

  private static int interval(Argument argument, double micros) {
    for (int log = 0; log <= 5; log++) {
      if (micros <= (1 << log) * SECOND / 4) {
        return log;
      }
    }
    throw argument.error("interval value is too large: " + argument.text(), "expected at most 8s");
  }

  private static int ewma(Argument argument, double interval) {
    double wanted = micros(argument);
    int log = 1;
    while (log < 32 && interval / -Math.log(1 - 1.0 / (1L << log)) <= wanted) {
      log++;
    }
    if (log - 1 == 0 || log - 1 >= 31) {
      throw argument.error("ewmalog value is out of range: " + argument.text(), "expected a few times the interval");
    }
    return log - 1;
  }

  /** What strtod() takes, but for a minus sign, infinity and the like, of which no time comes. */
  private static final Pattern NUMBER = Pattern.compile("\\s*\\+?(?:(0[xX][0-9a-fA-F]+)(?:p[+-]?[0-9]+)?"
      + "|(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)");

  private static double micros(Argument argument) {
    String text = argument.text();
    Matcher number = NUMBER.matcher(text);
    int end = number.lookingAt() ? number.end() : 0;
    String unit = text.substring(end).toLowerCase(Locale.ROOT);
    double factor;
    switch (unit) {
      case "s":
      case "sec":
      case "secs":
        factor = SECOND;
        break;
      case "ms":
      case "msec":
      case "msecs":
        factor = SECOND / 1000;
        break;
      case "":
      case "us":
      case "usec":
      case "usecs":
        factor = 1;
        break;
      default:
        factor = 0;
    }
    if (factor == 0 || end == 0) {
      throw argument.error("not a time: " + text, "expected a number with s, ms or us");
    }
    return Double.parseDouble(text.substring(0, end) + (number.group(1) != null && number.end(1) == end ? "p0" : "")) * factor;
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

  private static String time(double micros) {
    if (micros >= SECOND) {
      return String.format(Locale.ROOT, "%.1fs", micros / SECOND);
    }
    return String.format(Locale.ROOT, "%.1fms", micros / (SECOND / 1000));
  }

  private double intervalMicros() {
    return (1 << interval) * SECOND / 4;
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--rateest-name", estimator).option("--rateest-interval", time(intervalMicros()))
        .option("--rateest-ewmalog", time(intervalMicros() * (1L << ewmaLog)));
  }

  @Override
  public void list(ListingWriter out) {
    out.word("name " + estimator + " interval " + time(intervalMicros()) + " ewmalog "
        + time(intervalMicros() * (1L << ewmaLog)));
  }
}
