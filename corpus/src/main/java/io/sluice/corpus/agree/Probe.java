package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.corpus.scenario.Step;
import io.sluice.netfilter.Family;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveTable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Which rules packets hit, as Sluice tells by its counters. */
final class Probe {
  private final SluiceSubject subject;
  private Map<String, Long> counters;

  Probe(SluiceSubject subject) {
    this.subject = subject;
    this.counters = counters();
  }

  /** How a rule is named here; {@code number} begins with 1. */
  static String name(Family family, String table, String chain, int number) {
    return family + " " + table + " " + chain + " " + number;
  }

  /** What becomes of a step. */
  Observation apply(Step step) {
    return subject.apply(step);
  }

  /** The rules that have been hit since this was asked last. */
  Set<String> hit() {
    Map<String, Long> now = counters();
    Set<String> out = new HashSet<>();
    now.forEach((rule, packets) -> {
      if (!packets.equals(counters.get(rule))) {
        out.add(rule);
      }
    });
    counters = now;
    return out;
  }

  private Map<String, Long> counters() {
    Map<String, Long> out = new HashMap<>();
    for (Family family : Family.values()) {
      for (LiveTable table : subject.simulator().rules(family).tables()) {
        for (LiveChain chain : table.chains()) {
          for (int i = 0; i < chain.ruleCount(); i++) {
            out.put(name(family, table.name(), chain.name(), i + 1), chain.rule(i).counters().packets());
          }
        }
      }
    }
    return out;
  }
}
