package io.sluice.analysis.space;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.analysis.oracle.OneInterfaceHost;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of matches that remember packets, or draw lots, it is known which always answer alike; {@code *.cases} ask the kernel. */
class CertainAnswersTest {
  @TempDir
  Path directory;

  @Test
  void someAlwaysMatch() throws Exception {
    for (String match : List.of("recent --set", "recent --set --name x --rdest", "statistic --mode random --probability 1",
        "statistic --mode random ! --probability 0", "statistic --mode nth --every 1 --packet 0", "quota ! --quota 0",
        "quota ! --quota 19")) {
      assertEquals(Cubes.ALL, shape(match).must(), match);
      assertEquals(List.of(Fate.DROPPED, Fate.DROPPED, Fate.DROPPED), played(match), match);
    }
  }

  @Test
  void someNeverMatch() throws Exception {
    for (String match : List.of("recent ! --set", "statistic --mode random --probability 0",
        "statistic --mode random ! --probability 1", "statistic --mode nth ! --every 1 --packet 0", "quota --quota 0",
        "quota --quota 19")) {
      assertEquals(List.of(), shape(match).may(), match);
      assertEquals(List.of(Fate.DELIVERED, Fate.DELIVERED, Fate.DELIVERED), played(match), match);
    }
  }

  @Test
  void ofOthersNothingIsKnown() throws Exception {
    for (String match : List.of("recent --rcheck", "recent ! --rcheck", "recent --update", "recent ! --remove",
        "statistic --mode random --probability 0.5", "statistic --mode nth --every 2 --packet 0", "quota --quota 20",
        "quota ! --quota 20", "quota --quota 18446744073709551615", "limit --limit 10000/sec --limit-burst 10000")) {
      assertEquals(List.of(), shape(match).must(), match);
      assertEquals(Cubes.ALL, shape(match).may(), match);
    }
  }

  @Test
  void whoIsEnteredForCertainIsEnteredAllTheSame() throws Exception {
    assertEquals(List.of("-m recent --set --name DEFAULT --mask 255.255.255.255 --rsource"),
        shape("recent --set").asked().stream().map(RuleShape.Asked::words).toList());
    assertEquals(List.of(), shape("statistic --mode nth --every 1 --packet 0").asked());
    assertEquals(List.of(), shape("quota --quota 0").asked());
  }

  private RuleShape shape(String match) throws Exception {
    Host host = host(match);
    Rule rule = host.rules(Family.IPV4).rules().findFirst().orElseThrow();
    return Space.of(host, Family.IPV4).shape(rule, host);
  }

  private List<Fate> played(String match) throws Exception {
    Simulator simulator = Simulator.builder(host(match)).walker().build();
    byte[] packet = PacketBuilder.from("198.51.100.77", "198.51.100.10").udp(40000, 53).build();
    return IntStream.range(0, 3).mapToObj(i -> simulator.receive("eth0", packet).fate()).toList();
  }

  private Host host(String match) throws Exception {
    OneInterfaceHost host = new OneInterfaceHost(directory);
    host.tell("addr");
    return host.filter("-A INPUT -m " + match + " -j DROP\n");
  }
}
