package io.sluice.bench.pipeline;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import io.sluice.text.RuleSetWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Whole hosts, with connection tracking, NAT and routing, to which every packet is that of a stranger: {@code java
 * -XX:+UseParallelGC -Xmx4g -cp bench/target/bench.jar io.sluice.bench.pipeline.StrangersBench corpus/hosts/docker ...}, or any
 * directory of dumps, as that of a cluster's node ({@code KubeNode}). Each packet opens a connection, which is forgotten before it
 * comes again. Both engines take turns at every {@value #TURN} packets, so that code is compiled for both from the beginning on and
 * what disturbs the machine disturbs both alike: where rules are few, they are a tenth of the work. Prints one JSON object a host,
 * in nanoseconds a packet, with what is remembered of what may be.
 */
public final class StrangersBench {
  private static final int PACKETS = 1 << 16;
  private static final int TURN = 1 << 10;
  private static final int WARM_UP = 4;
  private static final int PASSES = 25;
  /** So long that a packet's connection is forgotten when it comes again. */
  private static final long NANOS_PER_PACKET = 130_000_000_000L / PACKETS;

  private final SkBuff skb = new SkBuff();
  private final byte[] buffer = new byte[256];
  private final List<StrangerPackets.Arrival> packets;

  private StrangersBench(Host host) {
    this.packets = new StrangerPackets(host).packets(PACKETS);
  }

  public static void main(String[] arguments) throws Exception {
    for (String directory : arguments) {
      Host host = HostReader.read(Path.of(directory));
      Simulator walker = Simulator.builder(host).seed(1).walker().build();
      Simulator compiled = Simulator.builder(host).seed(1).compiled().build();
      double[][] nanos = new StrangersBench(host).inTurns(walker, compiled);
      System.out.printf(Locale.ROOT, "{\"host\":\"%s\",\"walkerNs\":%.1f,\"compiledNs\":%.1f,\"memoMb\":%.1f,\"boundMb\":%.1f}%n",
          Path.of(directory).getFileName(), nanos[0][PASSES / 2], nanos[1][PASSES / 2],
          compiled.stats(Family.IPV4).orElseThrow().memoBytes() / 1e6, CompileOptions.DEFAULT.maxBytes() / 1e6);
    }
  }

  /** Nanoseconds a packet, by engine, ascending; all packets have counted alike after each pass. */
  private double[][] inTurns(Simulator... engines) {
    double[][] nanos = new double[engines.length][PASSES];
    for (int pass = -WARM_UP; pass < PASSES; pass++) {
      long[] took = new long[engines.length];
      for (int from = 0; from < PACKETS; from += TURN) {
        for (int engine = 0; engine < engines.length; engine++) {
          took[engine] += turn(engines[engine], from);
        }
      }
      for (int engine = 0; engine < engines.length && pass >= 0; engine++) {
        nanos[engine][pass] = took[engine] / (double) PACKETS;
      }
      if (!counters(engines[0]).equals(counters(engines[1]))) {
        throw new IllegalStateException("engines differ");
      }
    }
    for (double[] ofEngine : nanos) {
      Arrays.sort(ofEngine);
    }
    return nanos;
  }

  private long turn(Simulator simulator, int from) {
    long start = System.nanoTime();
    for (StrangerPackets.Arrival packet : packets.subList(from, from + TURN)) {
      simulator.advanceTo(simulator.clock().nanos() + NANOS_PER_PACKET);
      System.arraycopy(packet.bytes(), 0, buffer, 0, packet.bytes().length);
      skb.arrive(buffer, packet.bytes().length, packet.in());
      simulator.process(skb);
    }
    return System.nanoTime() - start;
  }

  private static String counters(Simulator simulator) {
    return RuleSetWriter.plain().withCounters().save(simulator.counted(Family.IPV4));
  }
}
