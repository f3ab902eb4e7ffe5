package io.sluice.analysis.fate;

import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import io.sluice.ruleset.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What rules do to packets, in words that are equal when the doing is. */
final class Targets {
  /** Targets that tell somebody about the packet and leave it as it is. */
  private static final Set<String> OBSERVERS = Set.of("LOG", "NFLOG", "AUDIT", "TRACE", "IDLETIMER", "RATEEST");

  private Targets() {}

  /** Whether the rule makes no difference to the packets that it matches. */
  static boolean isIdle(SymbolicRule rule) {
    Target target = rule.rule().target();
    return target instanceof Target.None || target instanceof ExtensionTarget extension && OBSERVERS.contains(extension.name());
  }

  /** ACCEPT, DROP, {@code REJECT icmp-port-unreachable}, {@code DNAT 10.0.0.1:80} and so on. */
  static String verdict(Target target) {
    return target instanceof ExtensionTarget extension ? text(extension)
        : target instanceof Target.Decide decide ? decide.verdict().name() : Verdict.CONTINUE.name();
  }

  static String text(ExtensionTarget target) {
    RuleWriter options = new RuleWriter();
    target.print(options);
    return (target.name() + " " + options.toString()
        .replaceFirst("^--(reject-with|to-destination|to-source|to-ports|to) ", "")).strip();
  }

  /** Whether packets that the rule matches are no more. */
  static boolean isEnd(SymbolicRule rule) {
    return rule.effect().kind() == Effect.Kind.END;
  }

  /** What a rule asks that the packet alone does not answer. */
  static String question(SymbolicRule rule, List<String> deeds, boolean unknown) {
    List<String> asked = new ArrayList<>();
    for (Match match : rule.rule().matches()) {
      if (!isCertain(match.constraint())) {
        asked.add(text(match));
      }
    }
    if (asked.isEmpty() || unknown) {
      asked.clear();
      rule.rule().matches().forEach(match -> asked.add(text(match)));
    }
    String question = asked.isEmpty() ? "the rewritten packet matches " + rule : String.join(" ", asked) + " matches";
    return unknown && !deeds.isEmpty() ? question + " after " + String.join(", ", deeds) : question;
  }

  private static String text(Match match) {
    RuleWriter writer = new RuleWriter().word("-m").word(match.name());
    match.print(writer);
    return writer.toString();
  }

  private static boolean isCertain(Constraint constraint) {
    if (constraint instanceof Constraint.Opaque opaque) {
      return opaque.pure();
    }
    if (constraint instanceof Constraint.Not not) {
      return isCertain(not.inner());
    }
    if (constraint instanceof Constraint.All all) {
      return all.parts().stream().allMatch(Targets::isCertain);
    }
    if (constraint instanceof Constraint.Some some) {
      return some.parts().stream().allMatch(Targets::isCertain);
    }
    return !(constraint instanceof Constraint.InSet);
  }
}
