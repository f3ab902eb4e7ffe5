package io.sluice.bench;

import io.sluice.bench.classbench.Filter;
import io.sluice.bench.classbench.FilterSet;
import io.sluice.bench.classbench.FilterSetGenerator;
import io.sluice.bench.classbench.Kind;
import io.sluice.bench.classbench.LinearScan;
import io.sluice.bench.classbench.TraceGenerator;
import io.sluice.bench.classbench.TraceGenerator.Traffic;
import io.sluice.compile.Evaluator;
import io.sluice.compile.EvaluatorOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Packets none of which comes again: what classification costs where remembering packets helps nothing, and whether memory
 * stays within its bound. {@code java -Xmx4g -cp bench/target/bench.jar io.sluice.bench.ColdBench [acl|fw|ipc RULES]}: prints
 * one JSON object a filter set. The first packets warm the JVM, and nothing of them is remembered.
 */
public final class ColdBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.ColdBench [acl|fw|ipc RULES]");
  private static final int BLOCK = 1 << 19;
  private static final int BLOCKS = 12;
  private static final int CHECKED = 500;

  private ColdBench() {}

  public static void main(String[] args) {
    USAGE.need(args.length == 0 || args.length == 2, "arguments: " + args.length + ", wanted are none or 2");
    int rules = USAGE.number(args, 1, 10_000);
    List<Kind> kinds = Arrays.stream(Kind.values()).filter(k -> args.length == 0 || k.name().equalsIgnoreCase(args[0])).toList();
    USAGE.need(!kinds.isEmpty(), "acl, fw or ipc is needed: '" + (args.length == 0 ? "" : args[0]) + "'");
    kinds.forEach(kind -> run(kind, rules));
  }

  private static void run(Kind kind, int rules) {
    List<Filter> filters = FilterSetGenerator.generate(kind, rules, 1);
    EvaluatorOptions options = EvaluatorOptions.DEFAULT;
    Evaluator evaluator = FilterSet.compile(filters).evaluator(FilterSet.FIRST_MATCH, options);
    LinearScan linear = LinearScan.of(filters);
    int[] leaves = new int[BLOCK];
    List<Double> nanos = new ArrayList<>();
    long most = 0;
    int wrong = 0;
    for (int block = 0; block < BLOCKS; block++) {
      int[][] columns = TraceGenerator.headers(filters, Traffic.COLD, BLOCK, 100 + block);
      long start = System.nanoTime();
      evaluator.classify(columns, 0, BLOCK, leaves);
      nanos.add((System.nanoTime() - start) / (double) BLOCK);
      most = Math.max(most, evaluator.stats().memoBytes());
      for (int i = 0; i < CHECKED; i++) {
        wrong += leaves[i] - 1 == linear.firstMatch(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i])
            ? 0 : 1;
      }
    }
    List<Double> sorted = nanos.subList(2, BLOCKS).stream().sorted().toList();
    System.out.printf(Locale.ROOT, "{\"kind\":\"%s\",\"rules\":%d,\"packets\":%d,\"wrong\":%d,\"coldNs\":%.0f,\"worstNs\":%.0f,"
        + "\"memoMb\":%.1f,\"boundMb\":%.1f,\"misses\":%d}%n", kind.name().toLowerCase(Locale.ROOT), filters.size(),
        (long) BLOCK * BLOCKS, wrong, sorted.get(sorted.size() / 2), sorted.get(sorted.size() - 1), most / 1e6,
        options.maxBytes() / 1e6, evaluator.stats().misses());
  }
}
