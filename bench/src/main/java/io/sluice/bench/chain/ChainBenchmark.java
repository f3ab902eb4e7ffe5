package io.sluice.bench.chain;

import io.sluice.netfilter.Verdict;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A NEW packet through filter FORWARD, nanoseconds, by the walker and by compiled rules; from the checkout's root:
 * {@code java -jar bench/target/bench.jar ChainBenchmark -p rules=docker,kube-1k -prof gc}; {@code -bm sample} gives the
 * percentiles of single calls.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class ChainBenchmark {
  /** Which evaluator answers. */
  public enum Engine {
    WALKER,
    COMPILED
  }

  @Param({"docker", "podman-netavark", "ufw", "firewalld", "kube-1k", "kube-10k", "linear-100", "linear-1k", "linear-10k",
      "shadowed-10k"})
  String rules;

  @Param({"WALKER", "COMPILED"})
  Engine engine;

  private ChainTimer timer;
  private int next;

  @Setup
  public void load() throws Exception {
    timer = ChainRules.timer(rules);
  }

  @Benchmark
  public Verdict packet() {
    next = next + 1 == timer.packets() ? 0 : next + 1;
    return timer.one(engine == Engine.COMPILED, next);
  }
}
