package io.sluice.cli;

import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Worlds;
import io.sluice.trace.Culprit;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What a replay ends with: how many packets met which fate, what dropped most, and what may have gone another way. */
final class ReplaySummary {
  private static final int MOST = 10;

  private final Map<Fate, Integer> fates = new EnumMap<>(Fate.class);
  private final Map<String, Integer> culprits = new HashMap<>();
  private final Map<String, Integer> maybes = new LinkedHashMap<>();
  private int packets;
  private int uncertain;
  private int notIp;
  private int completed;

  /** @param ways as {@link Worlds#take} gives them */
  void add(List<Worlds.Way> ways) {
    packets++;
    Fate fate = ways.get(0).outcome().fate();
    fates.merge(fate, 1, Integer::sum);
    if (!fate.arrived()) {
      culprits.merge(Culprit.of(ways.get(0).outcome()), 1, Integer::sum);
    }
    if (ways.size() > 1) {
      uncertain++;
      maybes.merge(ways.stream().map(w -> Json.verdict(w.outcome().fate())).distinct().collect(Collectors.joining(" or ")),
          1, Integer::sum);
    }
  }

  /** Notes how many frames carried no IP packet, and how many packets the capture had cut. */
  void left(int framesWithoutIp, int cutPackets) {
    notIp = framesWithoutIp;
    completed = cutPackets;
  }

  int packets() {
    return packets;
  }

  /** @param incomplete whether {@link Worlds#isCut} */
  void print(PrintWriter out, boolean incomplete) {
    out.println(packets + (packets == 1 ? " packet" : " packets"));
    fates.forEach((fate, count) -> out.printf("%8d  %s%n", count, Json.verdict(fate)));
    if (notIp > 0) {
      out.printf("%8d  frames that carry no IP packet, left out%n", notIp);
    }
    if (completed > 0) {
      out.printf("%8d  cut short by the capture: zeros stand for the bytes that are missing%n", completed);
    }
    print(out, "what ended packets most:", culprits);
    if (uncertain > 0) {
      print(out, "all this if no \"maybe\" matches; otherwise " + uncertain + (uncertain == 1 ? " packet" : " packets")
          + (incomplete ? " at least" : "") + " may go another way:", maybes);
    }
  }

  private static void print(PrintWriter out, String title, Map<String, Integer> counts) {
    if (!counts.isEmpty()) {
      out.println(title);
      counts.entrySet().stream()
          .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()).thenComparing(Map.Entry.comparingByKey()))
          .limit(MOST)
          .forEach(e -> out.printf("%8d  %s%n", e.getValue(), e.getKey()));
    }
  }
}
