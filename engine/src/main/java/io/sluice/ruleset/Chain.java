package io.sluice.ruleset;

import java.util.List;
import java.util.Optional;

/**
 * A chain: its rules in order and, for a base chain, hook and policy.
 *
 * @param counters the policy's
 * @param location of the line that says the policy or makes the chain; of the table's where none does
 */
public record Chain(String name, Optional<BaseChain> base, Counters counters, List<Rule> rules, SourceLocation location) {
  public Chain {
    rules = List.copyOf(rules);
  }
}
