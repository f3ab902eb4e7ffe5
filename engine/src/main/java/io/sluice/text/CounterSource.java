package io.sluice.text;

import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;

/** Where printed counters come from: the model, or a simulator in which packets have moved them. */
public interface CounterSource {
  /** What the model carries, that is, what the file said. */
  CounterSource MODEL = new CounterSource() {
    @Override
    public Counters ofRule(Table table, Chain chain, Rule rule) {
      return rule.counters();
    }

    @Override
    public Counters ofPolicy(Table table, Chain chain) {
      return chain.counters();
    }
  };

  /**
   * The counters of one rule.
   *
   * @param rule the very object of {@code chain}; of two equal rules each has counters of its own
   */
  Counters ofRule(Table table, Chain chain, Rule rule);

  /** The counters of a base chain's policy. */
  Counters ofPolicy(Table table, Chain chain);
}
