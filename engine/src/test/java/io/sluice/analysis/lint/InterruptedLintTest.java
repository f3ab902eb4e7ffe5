package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Wherever the analysis is interrupted: what it says holds, and of all else it says that it was not looked at. */
class InterruptedLintTest {
  private static final int TIMES = 10;
  private static final int COVERING = 60;

  /** Says yes from its n-th question on, and counts how often it is asked. */
  private static final class Impatience implements BooleanSupplier {
    private final int most;
    int asked;

    Impatience(int most) {
      this.most = most;
    }

    @Override
    public boolean getAsBoolean() {
      return ++asked > most;
    }
  }

  @Test
  void whatIsProvenIsKept() {
    Host host = new RuleSetGenerator(RuleSetGenerator.Scope.HOST).generate(4).host();
    Impatience never = new Impatience(Integer.MAX_VALUE);
    Report whole = Linter.of(host).cancelled(never).run();
    assertTrue(whole.complete() && whole.entries().size() > 2 && whole.count(State.NEVER) > 0 && whole.count(State.REACHABLE) > 0);
    Map<Subject, RuleStatus> rules = by(whole.rules(), RuleStatus::subject);
    Map<Subject, ChainStatus> chains = by(whole.chains(), ChainStatus::subject);
    Map<Subject, EntryStatus> entries = by(whole.entries(), EntryStatus::subject);
    long least = Long.MAX_VALUE;
    for (int i = 0; i < TIMES; i++) {
      Impatience soon = new Impatience(never.asked / TIMES * i);
      Report part = Linter.of(host).cancelled(soon).run();
      assertFalse(part.complete());
      assertTrue(soon.asked - soon.most < 3, soon.asked + " questions, of which " + soon.most + " were answered");
      assertEquals(List.copyOf(rules.keySet()).size(), part.rules().size());
      assertEquals(chains.size(), part.chains().size());
      assertEquals(entries.size(), part.entries().size());
      assertTrue(whole.findings().containsAll(part.findings()), part.findings()::toString);
      part.rules().forEach(rule -> assertTrue(rule.state() == State.MAYBE || rule.equals(rules.get(rule.subject())), rule::toString));
      part.chains().forEach(chain -> assertTrue(
          chain.state() == State.MAYBE || chain.equals(chains.get(chain.subject())), chain::toString));
      part.entries().forEach(entry -> assertTrue(entry.state() == State.MAYBE || entry.equals(entries.get(entry.subject())), entry::toString));
      long left = part.rules().stream().filter(RuleStatus::isLeft).count();
      assertTrue(left <= least, "the later it is interrupted, the less is left");
      least = left;
      assertTrue(i > 0 || left == rules.size());
    }
    assertTrue(least < rules.size());
  }

  private static <T> Map<Subject, T> by(List<T> statuses, Function<T, Subject> subject) {
    return statuses.stream().collect(Collectors.toMap(subject, Function.identity()));
  }

  /** One rule that many others cover together takes as many rounds, in each of which it may be interrupted. */
  @Test
  void aLongProofIsInterrupted() {
    List<String> rules = new ArrayList<>(IntStream.range(0, COVERING)
        .mapToObj(i -> "-p tcp --dport " + i + " -j DROP").toList());
    rules.add("-p tcp --dport 0:" + (COVERING - 1) + " -j ACCEPT");
    Host host = new GeneratedRules(0, Family.IPV4, "", List.of(new GeneratedRules.Table("filter",
        List.of(new GeneratedRules.Chain("INPUT", "ACCEPT", rules))))).host();
    Impatience never = new Impatience(Integer.MAX_VALUE);
    assertEquals(1, quick(host, never).count(State.NEVER));
    assertTrue(never.asked > 4 * COVERING, never.asked + " questions");
    boolean within = false;
    for (int most = COVERING; most < never.asked; most += COVERING / 2) {
      Impatience soon = new Impatience(most);
      Report part = quick(host, soon);
      assertTrue(soon.asked - most < 3, soon.asked + " questions, of which " + most + " were answered");
      List<RuleStatus> left = part.rules().stream().filter(RuleStatus::isLeft).toList();
      within |= left.equals(List.of(part.rules().get(COVERING)));
    }
    assertTrue(within);
  }

  private static Report quick(Host host, BooleanSupplier cancelled) {
    return Linter.of(host).witnesses(false).comparisons(false).cancelled(cancelled).run();
  }
}
