package io.sluice.analysis.lint;

import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import java.util.List;

/** What rules decide, compared. */
final class Decisions {

  /** How the decisions of some rules compare with another one's. */
  enum Comparison {
    SAME,
    OPPOSITE,
    /** They do not decide, or only some of them differ. */
    OTHER
  }

  private Decisions() {}

  /** Whether the rule ends the table for every packet that it matches. */
  static boolean decides(SymbolicRule rule) {
    return rule.effect().kind() == Effect.Kind.END;
  }

  /** Whether it lets what it decides go on its way. */
  static boolean admits(SymbolicRule rule) {
    return decides(rule) && rule.effect().verdict() != Verdict.DROP;
  }

  /** Whether it makes another packet of what it decides. */
  static boolean translates(SymbolicRule rule) {
    return rule.rule().target() instanceof ExtensionTarget target
        && (target.changes().contains(Field.SOURCE) || target.changes().contains(Field.DESTINATION));
  }

  /** DROP and REJECT are the same here; translations are if they are to the same. */
  static boolean same(SymbolicRule a, SymbolicRule b) {
    return decides(a) && decides(b) && a.effect().verdict() == b.effect().verdict()
        && (!translates(a) && !translates(b) || a.rule().target().equals(b.rule().target()));
  }

  static Comparison compare(SymbolicRule rule, List<SymbolicRule> others) {
    if (others.stream().allMatch(other -> same(rule, other))) {
      return Comparison.SAME;
    }
    boolean opposite = decides(rule) && others.stream().anyMatch(other -> decides(other) && !same(rule, other));
    return opposite ? Comparison.OPPOSITE : Comparison.OTHER;
  }
}
