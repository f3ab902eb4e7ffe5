package io.sluice.bench.analysis;

import io.sluice.analysis.diff.HookDifference;
import io.sluice.analysis.diff.HostDiff;
import io.sluice.bench.Usage;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.ReadException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How long it takes to prove what two flat rule sets do differently that differ in ten rules, spread evenly: each of them has
 * the other target. In a fresh JVM, on one thread: {@code java -XX:TieredStopAtLevel=1 -cp bench/target/bench.jar
 * io.sluice.bench.analysis.DiffBench SIZE [ROUNDS]}; SIZE is the number of rules of either. Prints one JSON object a round; the
 * first is the cold one. Times are milliseconds, {@code cpuMs} that of the comparing thread.
 */
public final class DiffBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.analysis.DiffBench SIZE [ROUNDS]");
  private static final int CHANGED = 10;

  private DiffBench() {}

  public static void main(String[] arguments) throws ReadException {
    USAGE.count(arguments, 1, 2);
    int size = USAGE.number(arguments[0]);
    int rounds = USAGE.number(arguments, 1, 1);
    String save = FlatRules.save(size, 1);
    String edited = edited(save);
    for (int round = 0; round < rounds; round++) {
      long begin = System.nanoTime();
      Host a = Router.of(save);
      Host b = Router.of(edited);
      long read = System.nanoTime();
      long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      List<HookDifference> differences = HostDiff.of(a, b).compare(Family.IPV4, n -> true);
      double cpuMillis = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1e6;
      System.out.printf(Locale.ROOT, "{\"size\":%d,\"changed\":%d,\"readMs\":%.0f,\"diffMs\":%.0f,\"cpuMs\":%.0f,"
              + "\"regions\":%d,\"parts\":%.0f}%n", size, CHANGED, (read - begin) / 1e6,
          (System.nanoTime() - read) / 1e6, cpuMillis,
          differences.stream().mapToInt(d -> d.regions().size()).sum(),
          differences.stream().flatMap(d -> d.regions().stream()).mapToDouble(r -> r.packets().count()).sum());
    }
  }

  private static String edited(String save) {
    List<String> lines = new ArrayList<>(save.lines().toList());
    int first = 0;
    while (!lines.get(first).startsWith("-A ")) {
      first++;
    }
    int rules = lines.size() - 1 - first;
    for (int i = 0; i < CHANGED; i++) {
      int at = first + (int) ((2L * i + 1) * rules / (2 * CHANGED));
      String line = lines.get(at);
      lines.set(at, line.endsWith("DROP") ? line.replace("DROP", "ACCEPT") : line.replace("ACCEPT", "DROP"));
    }
    return String.join("\n", lines) + "\n";
  }
}
