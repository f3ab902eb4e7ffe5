package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.ruleset.RuleWriter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;

/**
 * {@code -m statistic --mode random [!] --probability p} and {@code --mode nth [!] --every n --packet p}.
 *
 * <p>Kernel: statistic_mt() in net/netfilter/xt_statistic.c. iptables: extensions/libxt_statistic.c. The random numbers
 * are those of {@link Net#random}, unless {@link Lots} have been told.
 *
 * @param random mode random; otherwise nth
 * @param probability of 2^31, 0..2^31
 * @param every each how-many-th packet that reaches this match in this rule, from 1; a u32
 * @param packet how far the counting has come at the beginning
 */
record StatisticMatch(boolean random, long probability, long every, long packet, boolean inverted) implements Match {

  private static final long ALL = 0x8000_0000L;
  /** Where of so many that are likely none comes, chance is below one in 100,000: e to the power of minus 12. */
  private static final long UNLIKELY = 12;

  static final MatchExtension EXTENSION = new Extension("statistic",
      OptionSpec.value("--mode"), OptionSpec.invertible("--probability"), OptionSpec.invertible("--every"),
      OptionSpec.value("--packet")) {
    @Override
    public Match parse(Options options) {
      Argument mode = options.require("--mode");
      boolean random = mode.text().equals("random");
      if (!random && !mode.text().equals("nth")) {
        throw mode.error("unknown mode: " + mode.text(), "expected random or nth");
      }
      one(options, "--probability", "--every");
      one(options, "--probability", "--packet");
      if (random) {
        return new StatisticMatch(true, probability(options.require("--probability")), 0, 0,
            options.inverted("--probability"));
      }
      long every = options.require("--every").number(1, 0xffff_ffffL);
      return new StatisticMatch(false, 0, every, options.require("--packet").number(0, every - 1),
          options.inverted("--every"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (in.skip("statistic", "mode", "random")) {
        boolean inverted = in.skip("!");
        in.skip("probability");
        return Optional.of(new StatisticMatch(true, probability(in.next()), 0, 0, inverted));
      }
      if (in.skip("statistic", "mode", "nth")) {
        boolean inverted = in.skip("!");
        in.skip("every");
        long every = in.next().number(1, 0xffff_ffffL);
        return Optional.of(
            new StatisticMatch(false, 0, every, in.skip("packet") ? in.next().number(0, every - 1) : 0, inverted));
      }
      return Optional.empty();
    }
  };

  private static long probability(Argument argument) {
    CNumbers.Real number = CNumbers.strtod(argument.text(), 0);
    if (number.end() == 0 || number.end() < argument.text().length()) {
      throw argument.error("not a number: " + argument.text(), "expected a number in 0..1");
    }
    double value = number.value(); // of what is no number, which iptables takes, the kernel gets 0: as Math.round() says
    if (value > 1 || value < 0) {
      throw argument.error("probability out of range: " + argument.text(), "expected a number in 0..1");
    }
    return Math.round(value * ALL);
  }

  /** How many packets have been counted since the last that was the n-th. */
  private static final class Count implements MatchState {
    private long count;

    Count(long count) {
      this.count = count;
    }

    @Override
    public MatchState copy() {
      return new Count(count);
    }
  }

  @Override
  public MatchState newState() {
    return random ? new Lots() : new Count(every - 1 - packet);
  }

  @Override
  public MatchMemory memory() {
    return random || every == 1 ? MatchMemory.NONE : MatchMemory.OWN;
  }

  @Override
  public long turnsAfter(int length) {
    if (!random) {
      return every == 1 ? 0 : every;
    }
    long rarer = Math.min(probability, ALL - probability);
    return rarer == 0 ? 0 : Turns.past(UNLIKELY * ALL, rarer);
  }

  /** Lots of which none or all match, and every single packet, are no chance. */
  @Override
  public Constraint certain() {
    boolean all = random ? probability == ALL : every == 1;
    return all || random && probability == 0 ? Constraint.always(all != inverted) : constraint();
  }

  @Override
  public String name() {
    return "statistic";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (random) {
      long matching = inverted ? ALL - probability : probability;
      return ((Lots) par.state()).draw(par.net().random(), matching, skb.length());
    }
    Count state = (Count) par.state();
    state.count = state.count == every - 1 ? 0 : state.count + 1;
    return (state.count == 0) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    if (random) {
      out.option("--mode", "random").option(inverted, "--probability", probabilityText());
    } else {
      out.option("--mode", "nth").option(inverted, "--every", every).option("--packet", packet);
    }
  }

  @Override
  public void list(ListingWriter out) {
    String not = inverted ? "! " : "";
    if (random) {
      out.word("statistic mode random " + not + "probability " + probabilityText());
    } else {
      out.word("statistic mode nth " + not + "every " + every + (packet == 0 ? "" : " packet " + packet));
    }
  }

  private String probabilityText() {
    return new BigDecimal((double) probability / ALL).setScale(11, RoundingMode.HALF_EVEN).toPlainString();
  }
}
