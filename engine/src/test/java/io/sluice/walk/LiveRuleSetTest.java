package io.sluice.walk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.extension.UnknownPolicy;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.RuleSetReader;
import io.sluice.text.RuleSetWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Chains and rules are made when they are asked for, which nobody notices. */
class LiveRuleSetTest {
  private static final String RULES = """
      *filter
      :INPUT ACCEPT [1:10]
      :FORWARD DROP [2:20]
      :OUTPUT ACCEPT [0:0]
      :USER - [0:0]
      [3:30] -A FORWARD -g USER
      [4:40] -A USER -m limit --limit 1/sec -j ACCEPT
      COMMIT
      """;

  private static LiveRuleSet load() throws Exception {
    return new LiveRuleSet(RuleSetReader.read(RULES, Family.IPV4, UnknownPolicy.FAIL));
  }

  private static String counters(LiveRuleSet rules) {
    return RuleSetWriter.plain().withCounters().save(rules.snapshot()).replaceAll("(?m)^#.*\n", "");
  }

  @Test
  void countersBeginAtTheNumbersLoadedAndGoOnFromThere() throws Exception {
    LiveRuleSet rules = load();
    assertEquals(RULES, counters(rules));
    LiveTable filter = rules.tables().get(0);
    LiveRule jump = filter.chain("FORWARD").rule(0);
    assertSame(filter.chain("USER"), jump.jump());
    jump.jump().rule(0).count(5);
    assertEquals(RULES.replace("[4:40]", "[5:45]"), counters(rules));
    RuleSet snapshot = rules.snapshot();
    assertSame(rules.ruleSet().tables().get(0).chains().get(0), snapshot.tables().get(0).chains().get(0));
    assertNotSame(rules.ruleSet().tables().get(0).chains().get(3), snapshot.tables().get(0).chains().get(3));
  }

  @Test
  void zeroCountsForChainsThatNobodyHasAskedFor() throws Exception {
    LiveRuleSet rules = load();
    rules.tables().get(0).chain("USER").countPolicy(9);
    rules.zero();
    assertEquals(RULES.replaceAll("\\[\\d+:\\d+]", "[0:0]"), counters(rules));
    assertEquals(Counters.ZERO, rules.copy().tables().get(0).chain("FORWARD").rule(0).counters());
  }

  @Test
  void aCopyCountsForItself() throws Exception {
    LiveRuleSet rules = load();
    LiveRule rule = rules.tables().get(0).chain("USER").rule(0);
    LiveRuleSet copy = rules.copy();
    LiveTable filter = copy.tables().get(0);
    filter.chain("FORWARD").rule(0).jump().rule(0).count(7);
    assertEquals(new Counters(4, 40), rule.counters());
    assertEquals(RULES.replace("[4:40]", "[5:47]"), counters(copy));
    assertNotSame(rule.matchState(0), filter.chain("USER").rule(0).matchState(0));
    List<Integer> ordinals = filter.chains().stream().map(LiveChain::ordinal).distinct().toList();
    assertEquals(4, ordinals.size());
  }

  @Test
  void needsAreThoseOfAllChains() throws Exception {
    assertTrue(new LiveRuleSet(RuleSetReader.read(RULES.replace("-m limit --limit 1/sec", "-m conntrack --ctstate NEW"),
        Family.IPV4, UnknownPolicy.FAIL)).needsConntrack());
    assertFalse(load().needsConntrack());
  }
}
