package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.RuleShape;
import io.sluice.ruleset.Rule;
import java.util.Set;

/**
 * A rule as a set of packets and what becomes of them.
 *
 * @param index its place in the chain, from 0
 * @param changes axes on which a packet may have another value behind this rule
 */
public record SymbolicRule(
    SymbolicChain chain, int index, Rule rule, RuleShape shape, Effect effect, Set<Axis> changes) {

  /** {@code CHAIN rule N}, with N from 1. */
  @Override
  public String toString() {
    return chain.name() + " rule " + (index + 1);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
