package io.sluice.bench.pipeline;

import io.sluice.bench.Usage;
import io.sluice.bench.classbench.Filter;
import io.sluice.bench.classbench.FilterSet;
import io.sluice.bench.classbench.FilterSetGenerator;
import io.sluice.bench.classbench.Kind;
import io.sluice.bench.classbench.TraceGenerator;
import io.sluice.bench.classbench.TraceGenerator.Traffic;
import io.sluice.compile.Classifier;
import io.sluice.compile.Evaluator;
import io.sluice.compile.EvaluatorOptions;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How much more two threads do than one, of classification (one classifier, an evaluator a thread) and of a whole pipeline
 * sharded by flow (one compiled host, a simulator a thread, half of the flows each); and, to know what the machine has to
 * give, of arithmetic in registers, which two hardware threads of one core share: {@code java -XX:-TieredCompilation
 * -XX:+UseTransparentHugePages -XX:+UseParallelGC -XX:+UseCondCardMark -Xmx6g -cp bench/target/bench.jar
 * io.sluice.bench.pipeline.ThreadsBench [FLOWS]}. One and two take turns of a quarter of a second, since what else the machine's
 * neighbours do changes within seconds; prints one JSON object each, in packets a second, the ratio as the median of all turns.
 * Without {@code UseCondCardMark} each reference that changes is marked in the collector's card table, a byte for 512 bytes of
 * heap, so that two simulators whose objects lie within 32 KiB of each other write to one line of memory: two threads do 1.5 to
 * 1.7 times what one does then, as often as the collector puts them there.
 */
public final class ThreadsBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.pipeline.ThreadsBench [FLOWS]");
  private static final int ROUNDS = 24;
  private static final int WARM_UP = 12;
  private static final int HEADERS = 1 << 18;
  private static final int ADDITIONS = 1 << 16;
  private static final long ROUND_NANOS = 250_000_000;

  private ThreadsBench() {}

  /** Work of one thread: a batch of so many packets a call. */
  private interface Work {
    int batch();
  }

  public static void main(String[] arguments) throws Exception {
    USAGE.count(arguments, 0, 1);
    int flows = USAGE.number(arguments, 0, 1 << 20);
    report("arithmetic", arithmetic(1), arithmetic(2));
    report("classification", classification(1), classification(2));
    Host host = RouterHost.with(RouterHost.filter(1_000, false));
    FlowRun.check(host, false);
    CompiledHost program = CompiledHost.compile(host, CompileOptions.DEFAULT);
    report("pipeline", pipeline(program, 1, flows), pipeline(program, 2, flows));
    System.exit(0);
  }

  /** Additions in registers, without a look at memory: what two threads of this machine can do more than one at all. */
  private static List<Work> arithmetic(int threads) {
    List<Work> work = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      long[] kept = new long[1];
      work.add(() -> {
        kept[0] = additions(kept[0]);
        return ADDITIONS;
      });
    }
    return work;
  }

  /** Eight chains that do not wait for one another. */
  private static long additions(long seed) {
    long a = seed;
    long b = seed + 1;
    long c = seed + 2;
    long d = seed + 3;
    long e = seed + 4;
    long f = seed + 5;
    long g = seed + 6;
    long h = seed + 7;
    for (int i = 0; i < ADDITIONS; i++) {
      a = (a ^ a >>> 13) + i;
      b = (b ^ b >>> 13) + i;
      c = (c ^ c >>> 13) + i;
      d = (d ^ d >>> 13) + i;
      e = (e ^ e >>> 13) + i;
      f = (f ^ f >>> 13) + i;
      g = (g ^ g >>> 13) + i;
      h = (h ^ h >>> 13) + i;
    }
    return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
  }

  private static List<Work> classification(int threads) {
    List<Filter> filters = FilterSetGenerator.generate(Kind.FW, 10_000, 1);
    Classifier classifier = FilterSet.compile(filters);
    List<Work> work = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      int[][] columns = TraceGenerator.headers(filters, Traffic.UNIFORM, HEADERS, 1 + thread);
      Evaluator evaluator = classifier.evaluator(FilterSet.FIRST_MATCH, EvaluatorOptions.DEFAULT);
      int[] leaves = new int[HEADERS];
      work.add(() -> {
        evaluator.classify(columns, 0, HEADERS, leaves);
        return HEADERS;
      });
    }
    return work;
  }

  /** Each thread makes its own simulator, as an embedder's would, so that what each writes to lies apart in memory. */
  private static List<Work> pipeline(CompiledHost program, int threads, int flows) throws Exception {
    return together(Collections.nCopies(threads, () -> {
      FlowRun run = new FlowRun(Simulator.builder(program.host()).compiled(program).build());
      run.open(flows / threads);
      return () -> {
        run.establishedBatch(flows / threads);
        return FlowRun.BATCH;
      };
    }));
  }

  private static void report(String what, List<Work> one, List<Work> two) throws Exception {
    double[] ones = new double[ROUNDS];
    double[] twos = new double[ROUNDS];
    double[] ratios = new double[ROUNDS];
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      double first = rate(one);
      double second = rate(two);
      if (round >= 0) {
        ones[round] = first;
        twos[round] = second;
        ratios[round] = second / first;
      }
    }
    Arrays.sort(ones);
    Arrays.sort(twos);
    Arrays.sort(ratios);
    System.out.printf(Locale.ROOT, "{\"what\":\"%s\",\"oneThread\":%.0f,\"twoThreads\":%.0f,\"ratio\":%.2f}%n", what,
        ones[ROUNDS / 2], twos[ROUNDS / 2], ratios[ROUNDS / 2]);
  }

  /** Packets a second of all threads together. */
  private static double rate(List<Work> work) throws Exception {
    CyclicBarrier start = new CyclicBarrier(work.size());
    List<Callable<Double>> tasks = new ArrayList<>();
    for (Work one : work) {
      tasks.add(() -> {
        start.await();
        long begin = System.nanoTime();
        long packets = 0;
        long now = begin;
        while (now - begin < ROUND_NANOS) {
          packets += one.batch();
          now = System.nanoTime();
        }
        return packets * 1e9 / (now - begin);
      });
    }
    return together(tasks).stream().mapToDouble(Double::doubleValue).sum();
  }

  /** What the tasks return, each run by a thread of its own. */
  private static <T> List<T> together(List<Callable<T>> tasks) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> result : threads.invokeAll(tasks)) {
        results.add(result.get());
      }
      return results;
    } finally {
      threads.shutdown();
    }
  }
}
