package io.sluice.analysis.witness;

import io.sluice.ipset.IpSet;
import io.sluice.ipset.SetElement;
import io.sluice.ipset.SetQuery;
import io.sluice.ipset.SetWatcher;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.text.IpSetWriter;

/** A packet is found as that entry when the set is asked so, and the rule counts it, if it is to match what is found there. */
final class EntryGoal implements Goal, SetWatcher {
  private final EntryPlace place;
  private final RuleGoal rule;
  private boolean found;

  EntryGoal(EntryPlace place) {
    this.place = place;
    this.rule = new RuleGoal(place.rule());
  }

  @Override
  public void before(Simulator simulator, Step step) {
    found = false;
    simulator.sets().watch(this);
    rule.before(simulator, step);
  }

  @Override
  public void found(IpSet set, SetQuery query, SetElement entry) {
    found |= query.equals(place.query()) && IpSetWriter.entry(set.header(), entry).equals(place.entry());
  }

  @Override
  public boolean isMet(Simulator simulator, Outcome outcome) {
    simulator.sets().watch(null);
    return found && (!place.matched() || rule.isMet(simulator, outcome));
  }
}
