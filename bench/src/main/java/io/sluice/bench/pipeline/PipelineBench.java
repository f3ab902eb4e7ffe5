package io.sluice.bench.pipeline;

import com.sun.management.ThreadMXBean;
import io.sluice.bench.Usage;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Packets a second through the whole pipeline on one thread: {@code java -XX:-TieredCompilation -XX:+UseParallelGC
 * -XX:+UseTransparentHugePages -Xmx5g -cp bench/target/bench.jar io.sluice.bench.pipeline.PipelineBench WALKER|COMPILED
 * established|new FLOWS RULES [single]}. With the default collector, G1, each reference that a packet's way is noted by costs a
 * fence: a third of the packets a second; with code that is compiled twice, in tiers, a packet takes 2 to 5 percent longer. Prints
 * one JSON object a pass, in time that has passed: garbage collection counts.
 */
public final class PipelineBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.pipeline.PipelineBench WALKER|COMPILED established|new FLOWS RULES [single]");
  private static final int PASSES = 6;
  private static final int WALKED = 200_000;
  private static final int COMPILED = 5_000_000;

  private PipelineBench() {}

  public static void main(String[] arguments) {
    USAGE.count(arguments, 4, 5);
    boolean compiled = arguments[0].equals("COMPILED");
    boolean single = arguments.length == 5;
    boolean fresh = arguments[1].equals("new");
    USAGE.need(compiled || arguments[0].equals("WALKER"), "WALKER or COMPILED is needed: '" + arguments[0] + "'");
    USAGE.need(fresh || arguments[1].equals("established"), "established or new is needed: '" + arguments[1] + "'");
    USAGE.need(!single || arguments[4].equals("single"), "single or nothing is needed: '" + arguments[arguments.length - 1] + "'");
    int flows = USAGE.number(arguments[2]);
    int rules = USAGE.number(arguments[3]);
    Host host = RouterHost.with(RouterHost.filter(rules, fresh));
    FlowRun.check(host, fresh);
    Simulator.Builder builder = Simulator.builder(host);
    FlowRun run = new FlowRun(compiled ? builder.compiled().build() : builder.walker().build());
    if (!fresh) {
      run.open(flows);
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int packets = compiled ? COMPILED : WALKED;
    for (int pass = 0; pass < PASSES; pass++) {
      long bytes = threads.getCurrentThreadAllocatedBytes();
      long start = System.nanoTime();
      for (int i = 0; i < packets; i += single ? 1 : FlowRun.BATCH) {
        step(run, fresh, single, flows);
      }
      double nanos = (System.nanoTime() - start) / (double) packets;
      double allocated = (threads.getCurrentThreadAllocatedBytes() - bytes) / (double) packets;
      System.out.printf(Locale.ROOT, "{\"engine\":\"%s\",\"traffic\":\"%s\",\"batch\":%d,\"flows\":%d,\"rules\":%d,\"pass\":%d,"
          + "\"nsPerPacket\":%.1f,\"packetsPerSecond\":%.0f,\"bytesPerPacket\":%.1f}%n", arguments[0], arguments[1],
          single ? 1 : FlowRun.BATCH, flows, rules, pass, nanos, 1e9 / nanos, allocated);
    }
  }

  private static void step(FlowRun run, boolean fresh, boolean single, int flows) {
    if (fresh && single) {
      run.fresh();
    } else if (fresh) {
      run.freshBatch();
    } else if (single) {
      run.established(flows);
    } else {
      run.establishedBatch(flows);
    }
  }
}
