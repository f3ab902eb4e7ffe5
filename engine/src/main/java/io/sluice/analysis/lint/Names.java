package io.sluice.analysis.lint;

import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.analysis.witness.ChainPlace;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.netfilter.Family;

/** Symbolic rules and chains as people and witnesses know them. */
final class Names {
  private Names() {}

  static Subject of(SymbolicTable table, SymbolicRule rule) {
    return Subject.rule(table.space().family(), table.name(), rule.chain().name(), rule.index() + 1, rule.rule());
  }

  static Subject of(SymbolicTable table, SymbolicChain chain) {
    return Subject.chain(table.space().family(), table.name(), chain.chain());
  }

  static Subject of(Family family, Decision decision) {
    return decision.rule().map(rule -> Subject.rule(family, decision.table(), rule.chain().name(), rule.index() + 1, rule.rule()))
        .orElseGet(() -> Subject.policy(family, decision.table(), decision.chain().chain()));
  }

  static ChainPlace place(SymbolicTable table, SymbolicChain chain) {
    return new ChainPlace(table.space().family(), table.name(), chain.name());
  }

  static RulePlace place(SymbolicTable table, SymbolicRule rule) {
    return new RulePlace(table.space().family(), table.name(), rule.chain().name(), rule.index() + 1);
  }
}
