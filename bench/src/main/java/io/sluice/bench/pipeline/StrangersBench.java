package io.sluice.bench.pipeline;

import io.sluice.bench.Usage;
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
 * comes again. Both engines take turns at every {@value #TURN} packets, and at being the one that reads these from memory, so that
 * code is compiled for both from the beginning on and what disturbs the machine disturbs both alike: where rules are few, they are a
 * tenth of the work. Where connections lie in memory makes as much of a difference, so that there are new simulators in each of
 * {@value #ROUNDS} rounds; the median of these is told. Prints one JSON object a host, in nanoseconds a packet, with the compiled
 * rules' part of the walker's time and what is remembered of what may be.
 */
public final class StrangersBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.pipeline.StrangersBench DIRECTORY...");
  private static final int PACKETS = 1 << 16;
  private static final int TURN = 1 << 10;
  private static final int ROUNDS = 9;
  private static final int PASSES = 3;
  /** So long that a packet's connection is forgotten when it comes again. */
  private static final long NANOS_PER_PACKET = 130_000_000_000L / PACKETS;

  private final SkBuff skb = new SkBuff();
  private final byte[] buffer = new byte[256];
  private final Host host;
  private final List<StrangerPackets.Arrival> packets;
  private long memoBytes;

  private StrangersBench(Host host) {
    this.host = host;
    this.packets = new StrangerPackets(host).packets(PACKETS);
  }

  public static void main(String[] arguments) throws Exception {
    USAGE.count(arguments, 1, Integer.MAX_VALUE);
    for (String directory : arguments) {
      StrangersBench bench = new StrangersBench(Usage.host(directory));
      double[] walker = new double[ROUNDS];
      double[] compiled = new double[ROUNDS];
      double[] ratio = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        long[] nanos = bench.round();
        walker[round] = nanos[0] / (double) PACKETS;
        compiled[round] = nanos[1] / (double) PACKETS;
        ratio[round] = compiled[round] / walker[round];
      }
      System.out.printf(Locale.ROOT,
          "{\"host\":\"%s\",\"walkerNs\":%.1f,\"compiledNs\":%.1f,\"ratio\":%.3f,\"memoMb\":%.1f,\"boundMb\":%.1f}%n",
          Path.of(directory).getFileName(), median(walker), median(compiled), median(ratio), bench.memoBytes / 1e6,
          CompileOptions.DEFAULT.maxBytes() / 1e6);
    }
  }

  private static double median(double[] of) {
    Arrays.sort(of);
    return of[of.length / 2];
  }

  /** Nanoseconds of all packets, by engine, the median of the passes; all packets have counted alike after each. */
  private long[] round() {
    Simulator[] engines = {Simulator.builder(host).seed(1).walker().build(), Simulator.builder(host).seed(1).compiled().build()};
    long[][] nanos = new long[engines.length][PASSES];
    pass(engines);
    System.gc(); // then connections lie together, as they do sooner or later where a JVM goes on
    for (int pass = 0; pass < PASSES; pass++) {
      long[] took = pass(engines);
      for (int engine = 0; engine < engines.length; engine++) {
        nanos[engine][pass] = took[engine];
      }
    }
    memoBytes = engines[1].stats(Family.IPV4).orElseThrow().memoBytes();
    return Arrays.stream(nanos).mapToLong(of -> Arrays.stream(of).sorted().toArray()[PASSES / 2]).toArray();
  }

  private long[] pass(Simulator[] engines) {
    long[] took = new long[engines.length];
    for (int from = 0; from < PACKETS; from += TURN) {
      for (int i = 0; i < engines.length; i++) {
        int engine = (from / TURN + i) % engines.length;
        took[engine] += turn(engines[engine], from);
      }
    }
    if (!counters(engines[0]).equals(counters(engines[1]))) {
      throw new IllegalStateException("engines differ");
    }
    return took;
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
