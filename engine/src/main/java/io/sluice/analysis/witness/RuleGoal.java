package io.sluice.analysis.witness;

import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveTable;

/** The rule's packet counter moves, and the packet arrives, if it is to. */
final class RuleGoal implements Goal {
  private final RulePlace place;
  private final boolean arrives;
  private Simulator known;
  private LiveRule rule;
  private long packets;

  RuleGoal(RulePlace place) {
    this(place, false);
  }

  private RuleGoal(RulePlace place, boolean arrives) {
    this.place = place;
    this.arrives = arrives;
  }

  /** As well, the packet is not dropped anywhere behind the rule. */
  static RuleGoal arriving(RulePlace place) {
    return new RuleGoal(place, true);
  }

  @Override
  public void before(Simulator simulator, Step step) {
    if (known != simulator) {
      known = simulator;
      LiveTable table = simulator.rules(place.family()).tables().stream().filter(t -> t.name().equals(place.table())).findFirst()
          .orElseThrow();
      rule = table.chain(place.chain()).rule(place.number() - 1);
    }
    packets = rule.counters().packets();
  }

  @Override
  public boolean isMet(Simulator simulator, Outcome outcome) {
    return rule.counters().packets() != packets && (!arrives || outcome.fate().arrived());
  }
}
