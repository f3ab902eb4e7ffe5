package io.sluice.analysis.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.lint.Code;
import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Rule sets of some hundred rules in several tables, with translation, marks, sets, goto and RETURN, of which the packets are
 * too many to go through: random traffic aimed at the rules matches none that is called dead, what is called reachable is so in
 * both engines. {@code -Dlarge.seed=N -Dlarge.rulesets=1} repeats one rule set.
 */
class LargeRuleSetsTest {
  private static final int RULE_SETS = Integer.getInteger("large.rulesets", 3);
  private static final long SEED = Long.getLong("large.seed", 300);

  @Test
  void whatIsSaidOfHundredsOfRulesHoldsInTraffic() {
    Map<Code, Integer> said = new EnumMap<>(Code.class);
    AnalyserReport report = AnalyserFuzzer.of(RULE_SETS).large().seed(SEED).analyser(host -> {
      Report made = Linter.of(host).run();
      made.findings().forEach(finding -> said.merge(finding.code(), 1, Integer::sum));
      return made;
    }).run();
    AnalyserReport.Counts rules = report.rules();
    assertEquals(List.of(), report.failures(), () -> "-Dlarge.rulesets=1 -Dlarge.seed=" + report.failures().get(0).seed() + "\n"
        + report.failures().get(0).rules().save());
    String counts = RULE_SETS + " rule sets, " + report.packets() + " packets: " + rules.reachable() + " rules reachable, "
        + rules.never() + " never matched, " + rules.maybe() + " maybe, " + report.missed().size() + " of these hit; " + said;
    System.out.println(counts);
    assertTrue(RULE_SETS < 3 || rules.reachable() > 30 * RULE_SETS && rules.never() > 30 * RULE_SETS
        && rules.maybe() < rules.reachable() && said.keySet().containsAll(List.of(Code.SHADOWED_BY_UNION, Code.DROPPED_EARLIER,
            Code.MARK_NEVER_SET, Code.REDUNDANT, Code.ORDER_MATTERS)), counts);
  }
}
