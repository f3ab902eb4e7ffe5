package io.sluice.analysis.witness;

import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Match;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Tracer;
import java.util.Set;

/**
 * Looks on while packets are sent that are to come to a rule, and tells which are worth to be sent again: those that a match on the
 * way has noted, or has refused for what it remembers of others. What passes by elsewhere does so the hundredth time, too.
 */
final class Scout implements Tracer {
  /**
   * Ordered: the rule, or one that leads there, has refused a packet for what it remembers; one there has counted it; one elsewhere
   * may answer otherwise after more; nothing of the kind.
   */
  enum Nearness { REFUSED, NOTED, ASKED, FAR }

  private final Patience patience = new Patience();
  private RulePlace place;
  private Set<String> chains = Set.of();
  private Nearness nearest = Nearness.FAR;

  /**
   * From now on packets are to come to that rule.
   *
   * @param rule null for none
   * @param callers the chains whose rules lead to the rule's chain, and that chain
   */
  void lookAt(RulePlace rule, Set<String> callers) {
    place = rule;
    chains = callers;
  }

  /** Packets are sent on a fresh host. */
  void begin() {
    nearest = Nearness.FAR;
    patience.begin();
  }

  /** How near they have come since then. */
  Nearness nearness() {
    return nearest == Nearness.FAR && patience.isWanted() ? Nearness.ASKED : nearest;
  }

  /** What they have used up since then. */
  Patience patience() {
    return patience;
  }

  private boolean isOnTheWay(LiveRule rule) {
    if (place == null) {
      return false;
    }
    RulePlace of = RulePlace.of(rule);
    return of.family() == place.family() && of.table().equals(place.table()) && chains.contains(of.chain());
  }

  private static boolean remembers(Match match) {
    return match.memory().read() || match.turnsAfter(Patience.LONG) > 0 || match.constraint() instanceof Constraint.InSet;
  }

  @Override
  public void noMatch(LiveRule rule, int part, SkBuff skb) {
    if (part == IP_PART) {
      return;
    }
    if (remembers(rule.match(part)) && isOnTheWay(rule)) {
      nearest = Nearness.REFUSED;
    }
    patience.asked(rule, part + 1, skb.length());
  }

  @Override
  public void match(LiveRule rule, SkBuff skb) {
    for (int i = 0; nearest == Nearness.FAR && i < rule.matchCount(); i++) {
      if (remembers(rule.match(i)) && isOnTheWay(rule)) {
        nearest = Nearness.NOTED;
      }
    }
    patience.asked(rule, rule.matchCount(), skb.length());
  }
}
