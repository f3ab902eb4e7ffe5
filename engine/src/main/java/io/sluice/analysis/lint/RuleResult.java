package io.sluice.analysis.lint;

import io.sluice.analysis.symbolic.Reach;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import java.util.List;
import java.util.Optional;

/**
 * What the rules of its table say of a rule.
 *
 * @param reached packets that get there, and the base chains that they enter
 * @param code why none does; empty when some do, or when nothing is known
 * @param covering for shadowed rules: what takes its packets; for contradictions the rules that lead there
 * @param reason in words: why none does, or why nothing is known
 */
record RuleResult(
    SymbolicRule rule, List<Reached> reached, Optional<Code> code, List<Decision> covering, String reason) {

  /** A packet that gets there. */
  record Reached(SymbolicChain base, Reach reach) {}

  static RuleResult reached(SymbolicRule rule, List<Reached> reached) {
    return new RuleResult(rule, List.copyOf(reached), Optional.empty(), List.of(), "");
  }

  static RuleResult never(SymbolicRule rule, Code code, List<Decision> covering, String reason) {
    return new RuleResult(rule, List.of(), Optional.of(code), List.copyOf(covering), reason);
  }

  static RuleResult unknown(SymbolicRule rule, String doubt) {
    return new RuleResult(rule, List.of(), Optional.empty(), List.of(), doubt);
  }

  /** Whether no packet matches the rule that is whole and is sent through sockets, or from outside. */
  boolean isDead() {
    return code.isPresent();
  }

  /** Whether no packet matches the rule at all. */
  boolean isNever() {
    return isDead() && code.get() != Code.ONLY_IRREGULAR && code.get() != Code.ONLY_CRAFTED;
  }

  boolean isReached() {
    return !reached.isEmpty();
  }
}
