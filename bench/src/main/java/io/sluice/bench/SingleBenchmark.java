package io.sluice.bench;

import io.sluice.compile.Evaluator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One packet a call, nanoseconds. {@code java -jar bench/target/bench.jar SingleBenchmark -p rules=fw-10k -p
 * traffic=UNIFORM -prof gc}; {@code -bm sample} gives the percentiles.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class SingleBenchmark {

  private static final int MASK = FilterSetState.PACKETS - 1;

  /** What one thread owns. */
  @State(Scope.Thread)
  public static class Owned {
    Evaluator evaluator;
    int next;

    @Setup
    public void create(FilterSetState state) {
      evaluator = state.evaluator();
    }
  }

  @Benchmark
  public int compiled(FilterSetState state, Owned owned) {
    return owned.evaluator.classify(state.rows[owned.next++ & MASK]);
  }

  /** One rule after the other, for scale. */
  @Benchmark
  public int linear(FilterSetState state, Owned owned) {
    int[] row = state.rows[owned.next++ & MASK];
    return state.linear.firstMatch(row[0], row[1], row[2], row[3], row[4]);
  }
}
