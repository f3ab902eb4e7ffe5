package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.RandomChains.Scenario;
import io.sluice.net.ActionParam.Backend;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.RuleSetWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Packets of which hardly two match the same rules: counters are the walker's, memory keeps its bound, on any thread. */
class HardTrafficTest {
  private static final int PACKETS = 20_000;
  private static final int THREADS = 3;

  @ParameterizedTest
  @CsvSource({"40, 16777216, true", "40, 65536, true", "240, 16777216, true", "240, 65536, true", "600, 65536, false", "600, 16777216, false"})
  void hardlyTwoPacketsMatchTheSameRules(int rules, int maxBytes, boolean scans) throws Exception {
    Host host = RandomChains.host(new Scenario(rules(rules), Backend.LEGACY, List.of()));
    Simulator walker = Simulator.builder(host).walker().build();
    send(walker, 7);
    String expected = counters(walker);
    CompiledHost program = CompiledHost.compile(host, CompileOptions.DEFAULT.withMaxBytes(maxBytes));
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Callable<Simulator>> runs = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      runs.add(() -> {
        Simulator simulator = Simulator.builder(host).compiled(program).build();
        send(simulator, 7);
        return simulator;
      });
    }
    for (Future<Simulator> run : threads.invokeAll(runs)) {
      assertEquals(expected, counters(run.get()));
      bounded(run.get(), maxBytes, scans);
    }
    threads.shutdown();
  }

  private static void bounded(Simulator simulator, int maxBytes, boolean scans) {
    CompiledStats all = simulator.stats(Family.IPV4).orElseThrow();
    assertTrue(all.memoBytes() <= maxBytes, () -> all.memoBytes() + " bytes of " + maxBytes + ": " + all);
    for (ChainStats stats : all.chains()) {
      if (stats.chain().equals("FORWARD")) {
        assertTrue(!scans || stats.scanned() > PACKETS / 2, () -> "searched all the same: " + stats);
        assertTrue(stats.scanned() < PACKETS, stats::toString);
      }
    }
  }

  private static void send(Simulator simulator, long seed) {
    Random random = new Random(seed);
    SkBuff skb = new SkBuff();
    for (int i = 0; i < PACKETS; i++) {
      byte[] packet = PacketBuilder.from("10.0." + random.nextInt(256) + "." + (2 + random.nextInt(250)), "10.1.0.2")
          .udp(random.nextInt(65_536), random.nextInt(65_536)).payload(4).build();
      skb.arrive(packet, packet.length, simulator.host().network().requireDevice("eth0"));
      simulator.process(skb);
    }
  }

  private static String counters(Simulator simulator) {
    return RuleSetWriter.plain().withCounters().save(simulator.counted(Family.IPV4));
  }

  /** Rules that only count, with networks and ports that overlap at random. */
  private static String rules(int count) {
    Random random = new Random(count);
    StringBuilder out = new StringBuilder("*filter\n:FORWARD DROP [0:0]\n");
    for (int i = 0; i < count; i++) {
      int low = random.nextInt(60_000);
      out.append("-A FORWARD -s 10.0.").append(random.nextInt(256)).append(".0/").append(16 + random.nextInt(9))
          .append(" -p udp -m udp --").append(random.nextBoolean() ? "sport " : "dport ").append(low).append(':')
          .append(low + random.nextInt(65_536 - low)).append('\n');
    }
    return out.append("COMMIT\n").toString();
  }
}
