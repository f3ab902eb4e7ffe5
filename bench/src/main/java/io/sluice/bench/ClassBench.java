package io.sluice.bench;

import io.sluice.bench.classbench.ClassBenchFormat;
import io.sluice.bench.classbench.Filter;
import io.sluice.bench.classbench.FilterSet;
import io.sluice.bench.classbench.Trace;
import io.sluice.compile.Classifier;
import io.sluice.compile.Evaluator;
import io.sluice.compile.EvaluatorOptions;
import io.sluice.text.ReadException;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ref.Reference;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Classifies anybody's trace with anybody's filter set, both in ClassBench's text format, and checks every answer.
 *
 * <pre>
 *   java -cp bench/target/bench.jar io.sluice.bench.ClassBench RULES TRACE [--single]
 *   {"rules":957,"packets":191400,"wrong":0,"compileMs":61,"coldNs":312,"warmNs":8.1,"heapMb":2.4}
 * </pre>
 *
 * What is wrong with a file is said with its line and column, all of it at once, and the exit code is 3.
 *
 * <p>{@code compileMs} and {@code coldNs} (the first pass over the trace) are those of a fresh JVM, which interprets much of
 * that time; {@code warmNs} is the median of {@value #PASSES} passes once passes have stopped getting faster;
 * {@code heapMb} is what the compiled rules and the warm memory of packets keep alive.
 */
public final class ClassBench {

  private static final int PASSES = 31;
  private static final long WARM_UP_NANOS = 4_000_000_000L;

  private ClassBench() {}

  public static void main(String[] args) {
    int code = run(args, System.out, System.err);
    if (code != 0) System.exit(code);
  }

  /** Returns the exit code: 2 for arguments, 3 for files that cannot be taken. */
  static int run(String[] args, PrintStream out, PrintStream err) {
    List<String> files = Arrays.stream(args).filter(arg -> !arg.startsWith("--")).toList();
    boolean single = Arrays.asList(args).contains("--single");
    if (files.size() != 2 || args.length != (single ? 3 : 2)) {
      err.println("usage: java -cp bench.jar io.sluice.bench.ClassBench RULES TRACE [--single]");
      return 2;
    }
    try {
      Trace trace = ClassBenchFormat.readTrace(Path.of(files.get(1)));
      int[][] rows = single ? trace.rows() : null;
      int[] leaves = new int[trace.size()];
      long heapBefore = usedHeap();
      out.println(measure(ClassBenchFormat.readFilters(Path.of(files.get(0))), trace, rows, leaves, heapBefore));
      return 0;
    } catch (ReadException e) {
      err.println(e.getMessage());
    } catch (NoSuchFileException e) {
      err.println(e.getFile() + ": no such file");
    } catch (IOException e) {
      err.println(e.getMessage());
    }
    return 3;
  }

  private static String measure(List<Filter> filters, Trace trace, int[][] rows, int[] leaves, long heapBefore) {
    long start = System.nanoTime();
    Classifier classifier = FilterSet.compile(filters);
    double compileMs = (System.nanoTime() - start) / 1e6;
    int rules = filters.size();
    Evaluator evaluator = classifier.evaluator(FilterSet.FIRST_MATCH, EvaluatorOptions.DEFAULT);
    double coldNs = pass(evaluator, trace, rows, leaves);
    int wrong = wrong(trace, leaves);
    long end = System.nanoTime() + WARM_UP_NANOS;
    while (System.nanoTime() < end) pass(evaluator, trace, rows, leaves);
    double[] passes = new double[PASSES];
    for (int i = 0; i < PASSES; i++) passes[i] = pass(evaluator, trace, rows, leaves);
    Arrays.sort(passes);
    wrong = Math.max(wrong, wrong(trace, leaves));
    filters = null; // the classifier has all it needs of them
    double heapMb = (usedHeap() - heapBefore) / 1e6;
    Reference.reachabilityFence(evaluator);
    return String.format(Locale.ROOT,
        "{\"rules\":%d,\"packets\":%d,\"wrong\":%d,\"compileMs\":%.0f,\"coldNs\":%.0f,\"warmNs\":%.2f,\"heapMb\":%.1f}",
        rules, trace.size(), wrong, compileMs, coldNs, passes[PASSES / 2], heapMb);
  }

  /** Nanoseconds a packet. */
  private static double pass(Evaluator evaluator, Trace trace, int[][] rows, int[] leaves) {
    long start = System.nanoTime();
    if (rows == null) {
      evaluator.classify(trace.columns(), 0, leaves.length, leaves);
    } else {
      one(evaluator, rows, leaves);
    }
    return (System.nanoTime() - start) / (double) leaves.length;
  }

  private static void one(Evaluator evaluator, int[][] rows, int[] leaves) {
    for (int i = 0; i < leaves.length; i++) leaves[i] = evaluator.classify(rows[i]);
  }

  private static int wrong(Trace trace, int[] leaves) {
    int wrong = 0;
    for (int i = 0; i < leaves.length; i++) {
      if (leaves[i] - 1 != trace.expected()[i]) wrong++;
    }
    return wrong;
  }

  private static long usedHeap() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 8; i++) System.gc(); // the serial collector compacts every fourth time only
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
