package io.sluice.analysis.witness;

import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.walk.Walker;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/**
 * Random traffic after one rule at a time: conversations that meet each other on one host come to rules to which none that is
 * made for them does alone. Of what was played it keeps the few packets that it takes. One thread.
 */
final class Gleaning {
  /** Conversations for one rule, and so many of them on a host before it is booted again. */
  private static final int CONVERSATIONS = 4_096;
  private static final int ROUND = 256;
  /** Of so many conversations one is after any rule. */
  private static final int ASIDE = 4;
  /** What may be done for one rule and for all, counted in rules that packets are held to: for large hosts fewer packets are sent. */
  private static final long MOST = 3_000_000;
  private static final long MOST_IN_ALL = 60_000_000;
  /** What a conversation costs beside that. */
  private static final int CONVERSATION = 256;
  private static final long SEED = 7;

  private final Traffic traffic;
  private final int ruleCount;
  private final Matches matches = new Matches(this::matched);
  private final Runnable goesOn;
  private final BiPredicate<RulePlace, Witness> shows;
  private Simulator simulator;
  private RulePlace wanted;
  private Optional<Witness> found = Optional.empty();
  private long conversations;
  private long boots;

  /**
   * @param ruleCount how many rules the host has: as long does it take to boot
   * @param goesOn is run before each conversation, and each time that packets are played to see whether they do; it may throw
   * @param shows whether packets come to a rule with the last
   */
  Gleaning(Host host, Traffic traffic, int ruleCount, Runnable goesOn, BiPredicate<RulePlace, Witness> shows) {
    this.traffic = traffic;
    this.ruleCount = ruleCount;
    this.goesOn = goesOn;
    this.shows = shows;
    this.simulator = Simulator.builder(host).evaluators(rules -> new Walker(matches)).build();
  }

  /**
   * The fewest packets that were found to come to the rule with the last; empty when none were.
   *
   * @param hints packets that, seen so by a base chain, may get to it
   */
  Optional<Witness> of(RulePlace place, List<Sighting> hints) {
    List<Traffic.Material> those =
        Stream.concat(Stream.of(traffic.after(place)), hints.stream().map(traffic::after)).toList();
    wanted = place;
    found = Optional.empty();
    SplittableRandom random = new SplittableRandom(SEED);
    long most = Math.min(spent() + MOST, MOST_IN_ALL);
    for (int i = 0; i < CONVERSATIONS && found.isEmpty() && spent() < most; i++) {
      goesOn.run();
      if (i % ROUND == 0) {
        simulator = simulator.restarted();
        matches.begin();
        boots++;
      }
      conversations++;
      if (random.nextInt(ASIDE) == 0) {
        traffic.play(simulator, random, matches);
      } else {
        traffic.play(simulator, random, matches, those.get(random.nextInt(those.size())));
      }
    }
    return found;
  }

  /** How many conversations have been played since this was made. */
  int conversations() {
    return (int) conversations;
  }

  private long spent() {
    return matches.asked() + boots * ruleCount + conversations * CONVERSATION;
  }

  private void matched(RulePlace place, Matches played) {
    if (found.isEmpty() && place.equals(wanted)) {
      found = new Shrinking(steps -> shows(new Witness(steps))).of(List.copyOf(played.past()));
    }
  }

  private boolean shows(Witness witness) {
    goesOn.run();
    return shows.test(wanted, witness);
  }
}
