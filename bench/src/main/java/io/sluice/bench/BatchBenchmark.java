package io.sluice.bench;

import io.sluice.compile.Evaluator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Classification of columns, nanoseconds a packet. {@code java -jar bench/target/bench.jar BatchBenchmark -p
 * rules=fw-10k -p traffic=UNIFORM -prof gc}; with {@code -t 2} each of two threads has an evaluator of its own.
 *
 * <p>An invocation is a pass over all headers. With COLD headers, none of which repeats, every pass begins with an
 * evaluator that has seen none of them.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class BatchBenchmark {

  /** What one thread owns. */
  @State(Scope.Thread)
  public static class Owned {
    Evaluator evaluator;
    final int[] leaves = new int[FilterSetState.PACKETS];

    @Setup(Level.Invocation)
    public void forget(FilterSetState state) {
      if (evaluator == null || state.traffic == io.sluice.bench.classbench.TraceGenerator.Traffic.COLD) {
        evaluator = state.evaluator();
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(FilterSetState.PACKETS)
  public int[] compiled(FilterSetState state, Owned owned) {
    owned.evaluator.classify(state.columns, 0, FilterSetState.PACKETS, owned.leaves);
    return owned.leaves;
  }
}
