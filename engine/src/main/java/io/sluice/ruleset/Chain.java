package io.sluice.ruleset;

import java.util.List;
import java.util.Optional;

/** A chain: its rules in order and, for a base chain, hook and policy; counters are the policy's. */
public record Chain(String name, Optional<BaseChain> base, Counters counters, List<Rule> rules, SourceLocation location) {
  public Chain {
    rules = List.copyOf(rules);
  }
}
