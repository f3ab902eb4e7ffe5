package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Target;
import java.util.List;

/**
 * What a rule means, whatever its text: rules of equal meaning in the same place do the same.
 *
 * @param must packets that it matches
 * @param may packets that it may match
 * @param question what decides on the others
 * @param target what it does
 */
public record RuleMeaning(List<Cube> must, List<Cube> may, String question, String target) {

  public static RuleMeaning of(SymbolicRule rule) {
    String question = rule.shape().isCertain() ? "" : Targets.question(rule, List.of(), false);
    return new RuleMeaning(rule.shape().must(), rule.shape().may(), question, target(rule.rule().target()));
  }

  private static String target(Target target) {
    return target instanceof ExtensionTarget extension ? Targets.text(extension) : target.toString();
  }

  /** Whether the rule only counts and tells: packets that it matches go on as they were. */
  public static boolean isIdle(SymbolicRule rule) {
    return Targets.isIdle(rule);
  }
}
