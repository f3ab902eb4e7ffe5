package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Target;
import java.util.List;

/**
 * A rule in a table that is being edited, with the words that it was made of, for messages.
 *
 * @param rule the rule
 * @param target where its target was written, or the whole of the command
 * @param matchNames where each of its matches was written; empty for rules that were there before
 */
record EditRule(Rule rule, Argument target, List<Argument> matchNames) {

  /** The chain that the rule jumps or goes to, or null. */
  String calls() {
    return rule.target() instanceof Target.Jump jump ? jump.chain()
        : rule.target() instanceof Target.Goto to ? to.chain() : null;
  }

  EditRule withCounters(Counters counters) {
    return new EditRule(new Rule(rule.ip(), rule.matches(), rule.target(), counters, rule.location()), target, matchNames);
  }

  EditRule withTarget(Target newTarget) {
    return new EditRule(new Rule(rule.ip(), rule.matches(), newTarget, rule.counters(), rule.location()), target, matchNames);
  }
}
