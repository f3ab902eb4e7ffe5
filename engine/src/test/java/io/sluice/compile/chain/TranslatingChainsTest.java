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
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Very many short chains that translate, as kube-proxy has one for each service and each endpoint. */
class TranslatingChainsTest {
  private static final int SERVICES = 2_000;
  private static final int PACKETS = 20_000;

  @Test
  void whatLedToAChainConfinesItsRulesUpToTheTranslation() throws Exception {
    ChainStats stats = compiled(CompileOptions.DEFAULT);
    assertEquals(0, stats.scanned(), stats::toString);
    assertEquals(SERVICES, stats.leaves(), stats::toString);
    assertTrue(stats.leafBytes() < 600L * SERVICES, stats::toString);
  }

  @Test
  void whereAScanIsLongAllIsForgottenInsteadAsSoonAsMemoryIsFull() throws Exception {
    ChainStats stats = compiled(CompileOptions.DEFAULT.withMaxBytes(1 << 20));
    assertTrue(stats.flushes() > 10, stats::toString);
    assertTrue(stats.scanned() < PACKETS / 50, stats::toString);
  }

  /** How PREROUTING fared, which did what the walker does. */
  private static ChainStats compiled(CompileOptions options) throws Exception {
    Host host = RandomChains.host(new Scenario(rules(), Backend.LEGACY, List.of()));
    Simulator walker = Simulator.builder(host).walker().build();
    Simulator compiled = Simulator.builder(host).compiled(options).build();
    assertEquals(counters(walker), counters(compiled));
    return compiled.stats(Family.IPV4).orElseThrow().chains().stream()
        .filter(chain -> chain.chain().equals("PREROUTING")).findFirst().orElseThrow();
  }

  private static String counters(Simulator simulator) {
    Random random = new Random(1);
    SkBuff skb = new SkBuff();
    for (int i = 0; i < PACKETS; i++) {
      int service = random.nextInt(SERVICES);
      byte[] packet = PacketBuilder.from("10.0." + random.nextInt(256) + "." + (2 + random.nextInt(250)), address(service))
          .tcp(1_024 + i, 80).flags("S").build();
      skb.arrive(packet, packet.length, simulator.host().network().requireDevice("eth0"));
      simulator.process(skb);
    }
    return RuleSetWriter.plain().withCounters().save(simulator.counted(Family.IPV4));
  }

  private static String address(int service) {
    return "172.16." + service / 250 + "." + (1 + service % 250);
  }

  /** A service has two endpoints, each every second connection. */
  private static String rules() {
    StringBuilder chains = new StringBuilder("*nat\n:PREROUTING ACCEPT [0:0]\n");
    StringBuilder rules = new StringBuilder();
    for (int service = 0; service < SERVICES; service++) {
      String name = "SVC" + service;
      chains.append(':').append(name).append(" - [0:0]\n");
      rules.append("-A PREROUTING -d ").append(address(service)).append("/32 -p tcp -m tcp --dport 80 -j ").append(name).append('\n');
      for (int endpoint = 0; endpoint < 2; endpoint++) {
        String to = name + "-" + endpoint;
        chains.append(':').append(to).append(" - [0:0]\n");
        rules.append("-A ").append(name).append(endpoint == 0 ? " -m statistic --mode nth --every 2 --packet 0" : "")
            .append(" -j ").append(to).append("\n-A ").append(to)
            .append(" -p tcp -m tcp -j DNAT --to-destination 10.1.").append(service / 100).append('.')
            .append(1 + service % 100 * 2 + endpoint).append(":8080\n");
      }
    }
    return chains.append(rules).append("COMMIT\n").toString();
  }
}
