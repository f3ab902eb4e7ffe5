package io.sluice.trace;

import io.sluice.pipeline.Outcome;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.RuleWriter;
import io.sluice.ruleset.Target;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;

/** Says in one phrase what ended a packet: "DROP by filter FORWARD rule 3, iptables.save:12". */
public final class Culprit {
  private Culprit() {}

  public static String of(Outcome outcome) {
    if (outcome.rule().isPresent()) {
      LiveRule rule = outcome.rule().get();
      return target(rule) + " by " + place(rule) + (outcome.reason().isEmpty() ? "" : " (" + outcome.reason() + ")");
    }
    if (outcome.policy().isPresent()) {
      LiveChain chain = outcome.policy().get();
      return "policy " + chain.base().policy() + " of " + chain.table().name() + " " + chain.name();
    }
    return outcome.reason();
  }

  /** {@code filter FORWARD rule 2, iptables.save:31}. */
  public static String place(LiveRule rule) {
    return rule.chain().table().name() + " " + rule.chain().name() + " rule " + rule.number() + ", "
        + rule.rule().location();
  }

  private static String target(LiveRule rule) {
    if (rule.rule().target() instanceof Target.Decide decide) {
      return decide.verdict().name();
    }
    if (rule.rule().target() instanceof ExtensionTarget extension) {
      RuleWriter options = new RuleWriter();
      extension.print(options);
      return (extension.name() + " " + options.toString().replace("--reject-with ", "")).strip();
    }
    return "a match";
  }
}
