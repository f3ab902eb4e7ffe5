package io.sluice.analysis.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Family;
import io.sluice.pipeline.Simulator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FuzzerTest {
  private static GeneratedRules rules(Family family, String... forward) {
    return new GeneratedRules(0, family, "", List.of(new GeneratedRules.Table("filter", List.of(
        new GeneratedRules.Chain("INPUT", "ACCEPT", List.of()), new GeneratedRules.Chain("FORWARD", "DROP", List.of(forward)),
        new GeneratedRules.Chain("OUTPUT", "ACCEPT", List.of()), new GeneratedRules.Chain("user", "-", List.of("-p udp -j DROP")),
        new GeneratedRules.Chain("idle", "-", List.of("-j DROP"))))));
  }

  private static Set<String> unhit(FuzzReport report) {
    return report.unhit().stream().map(Object::toString).collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void whatCanBeReachedIsReachedAndNothingElse() {
    GeneratedRules rules = rules(Family.IPV4, "-s 10.0.0.77 -d 10.0.1.88 -p tcp --dport 4711 -m ttl --ttl-eq 63 -j ACCEPT",
        "-m conntrack --ctstate ESTABLISHED -j ACCEPT", "-p udp --sport 53 --dport 53 -j user", "-p udp -j DROP",
        "-p udp --dport 53 -j ACCEPT", "-i eth0 -p tcp --tcp-flags ALL SYN -j ACCEPT");
    FuzzReport report = Fuzzer.of(rules.host()).packets(100_000).run();
    assertEquals(Set.of("filter FORWARD rule 5", "filter idle rule 1"), unhit(report));
    assertEquals(List.of("idle"), report.chains().stream().filter(c -> !c.entered()).map(c -> c.place().chain()).toList());
    assertTrue(report.complete());
    assertTrue(report.packets() >= 100_000 && report.checked() >= report.packets() / 32, report::toString);
    assertEquals(report.packets(), report.fates().values().stream().mapToLong(n -> n).sum());
    assertEquals(List.of(), report.disagreements());
  }

  @Test
  void theSameSeedDrawsTheSame() {
    GeneratedRules rules = new RuleSetGenerator(RuleSetGenerator.Scope.HOST).generate(3);
    FuzzReport first = Fuzzer.of(rules.host()).packets(20_000).seed(5).run();
    FuzzReport again = Fuzzer.of(rules.host()).packets(20_000).seed(5).run();
    FuzzReport other = Fuzzer.of(rules.host()).packets(20_000).seed(6).run();
    assertEquals(first.rules(), again.rules());
    assertEquals(first.fates(), again.fates());
    assertFalse(first.rules().equals(other.rules()));
  }

  @Test
  void itStopsWithWhatItKnows() {
    AtomicLong done = new AtomicLong();
    FuzzReport report = Fuzzer.of(rules(Family.IPV6, "-j ACCEPT").host()).progress(done::set).stop(() -> done.get() > 500).run();
    assertFalse(report.complete());
    assertTrue(report.packets() > 500 && report.packets() < 1_000, report::toString);
    assertTrue(report.hitCount() >= 1);
  }

  @Test
  void itStopsWhileItCompiles() {
    String[] many = IntStream.range(0, 2_000).mapToObj(i -> "-p tcp --dport " + i + " -j ACCEPT").toArray(String[]::new);
    GeneratedRules rules = rules(Family.IPV4, many);
    AtomicLong asked = new AtomicLong();
    FuzzReport report = Fuzzer.of(rules.host()).packets(1).stop(() -> asked.incrementAndGet() > 1_000).run();
    assertEquals(1_001, asked.get());
    assertEquals(0, report.packets());
    assertFalse(report.complete());
    FuzzReport whole = Fuzzer.of(rules.host()).packets(1).run();
    assertEquals(whole.rules().stream().map(FuzzReport.RuleCoverage::place).toList(), report.unhit());
    assertEquals(whole.chains().stream().map(FuzzReport.ChainCoverage::place).toList(),
        report.chains().stream().filter(chain -> !chain.entered()).map(FuzzReport.ChainCoverage::place).toList());
  }

  @Test
  void bothEnginesAnswerGeneratedRuleSetsAlike() {
    for (long seed = 0; seed < 60; seed++) {
      GeneratedRules rules = new RuleSetGenerator(RuleSetGenerator.Scope.HOST).generate(seed);
      FuzzReport report = Fuzzer.of(rules.host()).packets(1_500).checkAll(true).run();
      assertEquals(report.packets(), report.checked());
      assertEquals(List.of(), report.disagreements(), () -> rules.save());
    }
  }

  @Test
  void rulesAreMadeFewerWhileTheyShowTheFailure() {
    GeneratedRules rules = new RuleSetGenerator(RuleSetGenerator.Scope.LARGE).generate(1);
    assertTrue(rules.size() > 10, rules::save);
    String two = rules.tables().get(rules.tables().size() - 1).chains().stream().flatMap(c -> c.rules().stream())
        .filter(r -> r.endsWith("-j DROP")).skip(1).findFirst().orElseThrow();
    GeneratedRules smallest = rules.shrunk(fewer -> fewer.save().contains(two));
    assertEquals(1, smallest.size());
    assertTrue(smallest.save().contains(two));
    smallest.host();
  }

  @Test
  void everySeedIsARuleSetThatIsTaken() {
    for (RuleSetGenerator.Scope scope : RuleSetGenerator.Scope.values()) {
      for (long seed = 0; seed < (scope == RuleSetGenerator.Scope.LARGE ? 20 : 300); seed++) {
        GeneratedRules rules = new RuleSetGenerator(scope).generate(seed);
        assertEquals(rules, new RuleSetGenerator(scope).generate(seed));
        Simulator simulator = Simulator.of(rules.host());
        assertEquals(rules.family() == Family.IPV4 ? 0 : rules.size(), size(simulator, Family.IPV6));
      }
    }
  }

  private static int size(Simulator simulator, Family family) {
    return simulator.rules(family).tables().stream().flatMap(t -> t.chains().stream()).mapToInt(c -> c.ruleCount()).sum();
  }
}
