package io.sluice.cli;

import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import io.sluice.trace.Culprit;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/** What a replay ends with: how many packets met which fate, and what dropped most. */
final class ReplaySummary {
  private static final int MOST = 10;

  private final Map<Fate, Integer> fates = new EnumMap<>(Fate.class);
  private final Map<String, Integer> culprits = new HashMap<>();
  private int packets;
  private int notIp;

  void add(Outcome outcome) {
    packets++;
    fates.merge(outcome.fate(), 1, Integer::sum);
    if (!outcome.fate().arrived()) {
      culprits.merge(Culprit.of(outcome), 1, Integer::sum);
    }
  }

  void notIp() {
    notIp++;
  }

  int packets() {
    return packets;
  }

  void print(PrintWriter out) {
    out.println(packets + (packets == 1 ? " packet" : " packets"));
    fates.forEach((fate, count) -> out.printf("%8d  %s%n", count, Json.verdict(fate)));
    if (notIp > 0) {
      out.printf("%8d  frames that carry no IP packet, left out%n", notIp);
    }
    if (!culprits.isEmpty()) {
      out.println("what ended packets most:");
      culprits.entrySet().stream()
          .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()).thenComparing(Map.Entry.comparingByKey()))
          .limit(MOST)
          .forEach(e -> out.printf("%8d  %s%n", e.getValue(), e.getKey()));
    }
  }
}
