package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Target;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a rule means, whatever its text: rules of equal meaning in the same place do the same.
 *
 * @param must packets that it matches
 * @param may packets that it may match
 * @param asked what decides on the others, or remembers them
 * @param target what it does
 */
public record RuleMeaning(List<Cube> must, List<Cube> may, List<Asked> asked, String target) {

  public static RuleMeaning of(SymbolicRule rule, SymbolicTable table) {
    Target target = rule.rule().target();
    // What else depends on what a match changes is no part of what the rule means: the other host's rules may ask for more.
    List<Asked> asked = rule.shape().asked().isEmpty() ? List.of() : rule.shape().asked().stream()
        .map(one -> one.with(one.changes().stream().filter(axis -> !axis.isAnswer()).collect(Collectors.toSet()))).toList();
    return new RuleMeaning(rule.shape().must(), rule.shape().may(), asked, deed(target, table));
  }

  private static String deed(Target target, SymbolicTable table) {
    return target instanceof Target.Decide decide ? decide.verdict().name()
        : target instanceof ExtensionTarget extension ? Targets.deed(extension, table, List.of()) : target.toString();
  }

  /**
   * Whether the rule only counts and tells: packets go on as they were, and what it remembers of others no
   * other rule can read.
   */
  public static boolean isIdle(SymbolicRule rule) {
    return isIdle(rule.rule().target())
        && rule.shape().asked().stream()
            .noneMatch(asked -> asked.memory().isShared() && asked.memory().written() || !asked.changes().isEmpty());
  }

  /** Whether the target only counts and tells. */
  public static boolean isIdle(Target target) {
    return Targets.isIdle(target);
  }

  /** Packets that the rule may match, change or remember. */
  public static List<Cube> met(SymbolicRule rule) {
    List<Cube> met = rule.shape().may();
    for (Asked asked : rule.shape().asked()) {
      met = asked.memory().written() || !asked.changes().isEmpty() ? Cubes.or(met, asked.packets()) : met;
    }
    return met;
  }
}
