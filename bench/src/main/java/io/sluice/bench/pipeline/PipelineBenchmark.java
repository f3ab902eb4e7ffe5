package io.sluice.bench.pipeline;

import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One packet through the whole pipeline, alone or in a batch, nanoseconds; with more threads each has flows and a simulator of its own, as a
 * pipeline sharded by flow. {@code java -jar bench/target/bench.jar PipelineBenchmark -p flows=1000000 -p rules=1000 -prof
 * gc -jvmArgs "-Xmx4g -XX:+UseParallelGC -XX:+UseTransparentHugePages"}; {@code -t 2} for two threads. Ten million flows take some
 * minutes to open and 12 GB: {@code java -jar bench/target/bench.jar PipelineBenchmark.established -p engine=COMPILED -p
 * flows=10000000 -p rules=1000 -f 1 -jvmArgs "-Xmx12g -XX:+UseParallelGC -XX:+UseTransparentHugePages"}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class PipelineBenchmark {

  /** Which evaluator answers for the chains. */
  public enum Engine {
    WALKER,
    COMPILED;

    Simulator.Builder apply(Simulator.Builder builder) {
      return this == WALKER ? builder.walker() : builder.compiled();
    }
  }

  /** Connections that are open, without NAT. */
  @State(Scope.Thread)
  public static class Established {
    @Param({"WALKER", "COMPILED"})
    Engine engine;

    @Param({"10", "1000", "10000"})
    int rules;

    @Param({"1000", "10000", "100000", "1000000", "10000000"})
    int flows;

    FlowRun run;

    @Setup
    public void open() {
      Host host = RouterHost.with(RouterHost.filter(rules, false));
      FlowRun.check(host, false);
      run = new FlowRun(engine.apply(Simulator.builder(host)).build());
      run.open(flows);
    }
  }

  /** Connections that begin, with MASQUERADE. */
  @State(Scope.Thread)
  public static class Fresh {
    @Param({"WALKER", "COMPILED"})
    Engine engine;

    @Param({"10", "1000", "10000"})
    int rules;

    FlowRun run;

    @Setup
    public void open() {
      Host host = RouterHost.with(RouterHost.filter(rules, true));
      FlowRun.check(host, true);
      run = new FlowRun(engine.apply(Simulator.builder(host)).build());
    }
  }

  @Benchmark
  public void established(Established state) {
    state.run.established(state.flows);
  }

  @Benchmark
  @OperationsPerInvocation(FlowRun.BATCH)
  public void establishedBatch(Established state) {
    state.run.establishedBatch(state.flows);
  }

  @Benchmark
  public void newConnection(Fresh state) {
    state.run.fresh();
  }

  @Benchmark
  @OperationsPerInvocation(FlowRun.BATCH)
  public void newConnectionBatch(Fresh state) {
    state.run.freshBatch();
  }
}
