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
import java.util.function.IntFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets of which hardly two match the same rules: counters are the walker's, memory keeps its bound, on any thread. */
class HardTrafficTest {
  private static final int PACKETS = 20_000;
  private static final int THREADS = 3;

  @ParameterizedTest
  @CsvSource({"40, 16777216, true", "40, 65536, true", "240, 16777216, true", "240, 65536, true", "600, 65536, false", "600, 16777216, false"})
  void hardlyTwoPacketsMatchTheSameRules(int rules, int maxBytes, boolean scans) throws Exception {
    compare(rules(rules, i -> ""), maxBytes, scans);
  }

  /** A search for the others would cost more than the rules that packets come to. */
  @ParameterizedTest
  @ValueSource(ints = {16_777_216, 65_536})
  void hardlyTwoPacketsMatchTheSameRulesButFewOfMany(int maxBytes) throws Exception {
    compare(rules(600, i -> i == 20 ? "-A FORWARD -p udp -j ACCEPT\n" : ""), maxBytes, true);
  }

  /** Scans pass over bodies of rules that do not match, and come out of chains by their ends, RETURN, goto and matches that must be asked. */
  @ParameterizedTest
  @CsvSource({"40, 16777216", "40, 65536", "160, 16777216"})
  void hardlyTwoPacketsTakeTheSameWayThroughCalledChains(int rules, int maxBytes) throws Exception {
    compare(nested(rules), maxBytes, true);
  }

  private static void compare(String rules, int maxBytes, boolean scans) throws Exception {
    Host host = RandomChains.host(new Scenario(rules, Backend.LEGACY, List.of()));
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

  /** Rules that only count, with networks and ports that overlap at random; before each stands what {@code before} says. */
  private static String rules(int count, IntFunction<String> before) {
    Random random = new Random(count);
    StringBuilder out = new StringBuilder("*filter\n:FORWARD DROP [0:0]\n");
    for (int i = 0; i < count; i++) {
      out.append(before.apply(i)).append("-A FORWARD").append(some(random)).append('\n');
    }
    return out.append("COMMIT\n").toString();
  }

  private static String some(Random random) {
    int low = random.nextInt(60_000);
    return " -s 10.0." + random.nextInt(256) + ".0/" + (16 + random.nextInt(9)) + " -p udp -m udp --"
        + (random.nextBoolean() ? "sport " : "dport ") + low + ":" + (low + random.nextInt(65_536 - low));
  }

  /** The same in chains of five that call and go to the next one, and return; some change what later ones read. */
  private static String nested(int count) {
    Random random = new Random(count);
    StringBuilder chains = new StringBuilder("*mangle\n:FORWARD ACCEPT [0:0]\n");
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < count / 5; i++) {
      chains.append(":C").append(i).append(" - [0:0]\n");
      rules.append("-A FORWARD").append(some(random)).append(random.nextBoolean() ? " -j C" : " -g C").append(i).append('\n');
      rules.append("-A C").append(i).append(some(random)).append(" -j RETURN\n");
      rules.append("-A C").append(i).append(some(random)).append(" -m statistic --mode nth --every 3 --packet 0 -j MARK --set-xmark ")
          .append(1 + i % 3).append("/0x3\n");
      rules.append("-A C").append(i).append(" -m mark --mark ").append(i % 4).append("/0x3").append(some(random))
          .append(i % 5 == 4 ? "" : " -j C" + (i + 1) + "X").append('\n');
      chains.append(":C").append(i + 1).append("X - [0:0]\n");
      rules.append("-A C").append(i + 1).append("X").append(some(random)).append('\n');
    }
    return chains.append(rules).append("COMMIT\n").toString();
  }
}
