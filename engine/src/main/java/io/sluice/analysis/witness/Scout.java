package io.sluice.analysis.witness;

import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Match;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Tracer;
import io.sluice.walk.Walker;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Tells which attempts are worth to be repeated: those whose packets a match on the way to the rule has noted, or has refused for
 * what it remembers of others. What passes by elsewhere does so the hundredth time, too.
 */
final class Scout implements Tracer {
  /** Ordered: the rule, or one that leads there, has refused the packet for what it remembers; one there has counted it. */
  private enum Nearness { REFUSED, NOTED, FAR }

  private record Seen(Attempt attempt, Nearness nearness) {}

  private final Goal nothing = new Goal() {
    @Override
    public void before(Simulator simulator, Step step) {
      // only how near a packet comes counts
    }

    @Override
    public boolean isMet(Simulator simulator, Outcome outcome) {
      return false;
    }
  };
  private Simulator simulator;
  private RulePlace place;
  private Set<String> chains;
  private Nearness nearest;

  /** @param builder of a simulator of the host, whatever evaluates its rules */
  Scout(Simulator.Builder builder) {
    this.simulator = builder.evaluators(rules -> new Walker(this)).build();
  }

  /**
   * The attempts that come nearest to a rule.
   *
   * @param callers the chains whose rules lead to the rule's chain, and that chain
   * @param most how many are wanted
   * @param attempts hands out attempts to try
   */
  List<Attempt> nearest(RulePlace rule, Set<String> callers, int most, Consumer<Consumer<Attempt>> attempts) {
    place = rule;
    chains = callers;
    List<Seen> seen = new ArrayList<>();
    attempts.accept(attempt -> seen.add(new Seen(attempt, nearness(attempt))));
    return seen.stream().sorted(Comparator.comparing(Seen::nearness)).limit(most).map(Seen::attempt).toList();
  }

  private Nearness nearness(Attempt attempt) {
    simulator = simulator.restarted();
    nearest = Nearness.FAR;
    Play.play(simulator, nothing, attempt.once());
    return nearest;
  }

  private boolean isOnTheWay(LiveRule rule) {
    RulePlace of = RulePlace.of(rule);
    return of.family() == place.family() && of.table().equals(place.table()) && chains.contains(of.chain());
  }

  private static boolean remembers(Match match) {
    return match.memory().read() || match.constraint() instanceof Constraint.InSet;
  }

  @Override
  public void noMatch(LiveRule rule, int part, SkBuff skb) {
    if (part != IP_PART && remembers(rule.match(part)) && isOnTheWay(rule)) {
      nearest = Nearness.REFUSED;
    }
  }

  @Override
  public void match(LiveRule rule, SkBuff skb) {
    if (nearest == Nearness.FAR) {
      for (int i = 0; i < rule.matchCount(); i++) {
        if (remembers(rule.match(i)) && isOnTheWay(rule)) {
          nearest = Nearness.NOTED;
          return;
        }
      }
    }
  }

  @Override
  public void enter(LiveChain chain, SkBuff skb) {
    // its rules tell
  }

  @Override
  public void policy(LiveChain chain, Verdict policy) {
    // no rule is asked there
  }
}
