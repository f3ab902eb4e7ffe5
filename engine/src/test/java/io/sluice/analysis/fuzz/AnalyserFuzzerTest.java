package io.sluice.analysis.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.lint.ChainStatus;
import io.sluice.analysis.lint.EntryStatus;
import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.Witness;
import io.sluice.analysis.witness.WitnessFinder;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class AnalyserFuzzerTest {
  private static final int RULE_SETS = Integer.getInteger("analyser.rulesets", 6);
  private static final long SEED = Long.getLong("analyser.seed", 1);

  /** {@code sluice fuzz --rulesets N --seed SEED} does the same. */
  @Test
  void theAnalysisIsRightAboutGeneratedRuleSets() {
    AnalyserReport report = AnalyserFuzzer.of(RULE_SETS).seed(SEED).run();
    assertEquals(List.of(), report.failures(), () -> report.failures().get(0).rules().save());
    assertEquals(RULE_SETS, report.ruleSets());
    assertTrue(report.rules().reachable() > 0 && report.rules().never() > 0 && report.chains().reachable() > 0
        && report.entries().reachable() > 0 && report.packets() >= 3_000L * RULE_SETS, report::toString);
  }

  /** The report of the analysis with each status changed. */
  private static Report flawed(Host host, UnaryOperator<RuleStatus> flaw) {
    Report right = Linter.of(host).witnesses(false).run();
    return new Report(right.findings(), right.rules().stream().map(flaw).toList(), List.of(), List.of(), List.of(), List.of(), true);
  }

  @Test
  void anAnalysisThatCallsLiveRulesDeadIsCaught() {
    AnalyserReport report = AnalyserFuzzer.of(1).seed(SEED).analyser(host -> flawed(host, s ->
        new RuleStatus(s.place(), s.subject(), RuleStatus.State.NEVER, "", Optional.empty()))).run();
    AnalyserReport.Failure failure = report.failures().get(0);
    assertEquals("called dead, and a packet matches it", failure.message());
    assertEquals(1, failure.rules().size(), failure.rules().save());
    assertTrue(failure.witness().isPresent());
  }

  /** A rule set in the middle of which it stops does not count, one that it has done with does. */
  @Test
  void stopsInTheMiddleOfARuleSet() {
    int[] asked = {0};
    AnalyserReport whole = AnalyserFuzzer.of(1).seed(SEED).stop(() -> ++asked[0] < 0).run();
    assertTrue(whole.complete());
    int questions = asked[0];
    for (int at : List.of(1, questions / 3, questions - 1, questions)) {
      asked[0] = 0;
      AnalyserReport report = AnalyserFuzzer.of(2).seed(SEED).stop(() -> ++asked[0] > at).run();
      assertFalse(report.complete());
      assertEquals(List.of(), report.failures());
      assertEquals(at == questions ? 1 : 0, report.ruleSets());
      assertEquals(at == questions ? whole.rules() : AnalyserReport.Counts.NONE, report.rules());
    }
  }

  /** What is wrong is told though it has not been cut down to the fewest rules. */
  @Test
  void aFailureIsToldThatWasFoundBeforeItStops() {
    boolean[] found = {false};
    AnalyserReport report = AnalyserFuzzer.of(2).seed(SEED).stop(() -> found[0]).analyser(host -> {
      found[0] = host.ipv4().rules().count() + host.ipv6().rules().count() < 5;
      return flawed(host, s -> new RuleStatus(s.place(), s.subject(), RuleStatus.State.NEVER, "", Optional.empty()));
    }).run();
    AnalyserReport.Failure failure = report.failures().get(0);
    assertEquals("called dead, and a packet matches it", failure.message());
    assertTrue(failure.rules().size() >= 5, failure.rules().save());
  }

  @Test
  void anAnalysisThatCallsLiveChainsNeverEnteredIsCaught() {
    AnalyserReport report = AnalyserFuzzer.of(1).seed(SEED).analyser(host -> {
      Report right = Linter.of(host).run();
      List<ChainStatus> chains = right.chains().stream().map(s ->
          new ChainStatus(s.place(), s.subject(), RuleStatus.State.NEVER, "", Optional.empty())).toList();
      return new Report(right.findings(), right.rules(), chains, right.entries(), List.of(), List.of(), true);
    }).run();
    assertEquals("called never entered, and a packet enters it", report.failures().get(0).message());
  }

  @Test
  void anAnalysisThatCallsLiveEntriesNeverFoundIsCaught() {
    AnalyserReport report = AnalyserFuzzer.of(RULE_SETS).seed(SEED).analyser(host -> {
      Report right = Linter.of(host).run();
      List<EntryStatus> entries = right.entries().stream().map(s ->
          new EntryStatus(s.set(), s.subject(), RuleStatus.State.NEVER, "", Optional.empty(), Optional.empty())).toList();
      return new Report(right.findings(), right.rules(), right.chains(), entries, List.of(), List.of(), true);
    }).run();
    AnalyserReport.Failure failure = report.failures().get(0);
    assertEquals("called never found, and a packet is found there", failure.message());
    assertEquals(1, failure.rules().size(), failure.rules().save());
  }

  /** Each with the packets that hit it, none of which can be left out. */
  @Test
  void rulesThatTrafficHitsAndOfWhichNothingIsSaidAreNamed() {
    AnalyserReport report = AnalyserFuzzer.of(1).seed(SEED).analyser(host -> Linter.of(host).witnesses(false).run()).run();
    assertFalse(report.missed().isEmpty());
    Host host = new RuleSetGenerator(RuleSetGenerator.Scope.HOST).generate(SEED).host();
    WitnessFinder finder = new WitnessFinder(host);
    Map<String, RulePlace> places = new HashMap<>();
    Linter.of(host).witnesses(false).run().rules().forEach(rule -> places.put(rule.subject().name(), rule.place()));
    for (AnalyserReport.Missed missed : report.missed()) {
      RulePlace place = places.get(missed.rule().name());
      List<Step> steps = missed.witness().orElseThrow().steps();
      assertTrue(finder.confirms(place, missed.witness().get()), missed::toString);
      for (int left = 0; left < steps.size() - 1; left++) {
        List<Step> fewer = new ArrayList<>(steps);
        fewer.remove(left);
        assertFalse(finder.confirms(place, new Witness(fewer)), missed::toString);
      }
      assertFalse(missed.reason().isEmpty());
    }
  }

  @Test
  void anAnalysisThatBreaksOffIsCaught() {
    AnalyserReport report = AnalyserFuzzer.of(1).seed(SEED).analyser(host -> {
      if (host.ipv4().tables().size() + host.ipv6().tables().size() > 0) {
        throw new IllegalStateException("no");
      }
      return Linter.of(host).run();
    }).run();
    AnalyserReport.Failure failure = report.failures().get(0);
    assertTrue(failure.message().startsWith("the analysis ends in java.lang.IllegalStateException in " + getClass().getName()),
        failure::toString);
    assertEquals(Optional.empty(), failure.subject());
  }

  @Test
  void anAnalysisThatCallsRulesLiveWithoutAWitnessIsCaught() {
    AnalyserReport report = AnalyserFuzzer.of(1).seed(SEED).analyser(host -> flawed(host, s ->
        new RuleStatus(s.place(), s.subject(), RuleStatus.State.REACHABLE, "", Optional.empty()))).run();
    assertEquals("called reachable, and its witness is not confirmed", report.failures().get(0).message());
    assertEquals(1, report.failures().get(0).rules().size());
  }
}
