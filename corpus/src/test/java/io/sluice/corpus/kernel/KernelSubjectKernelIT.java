package io.sluice.corpus.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Observation.Fate;
import io.sluice.corpus.scenario.ScenarioFile;
import io.sluice.packet.PacketText;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the harness sees of the kernel is what the kernel does. */
class KernelSubjectKernelIT {
  private static final String DEVICES = "[devices]\neth0 10.0.0.1/24 2001:db8::1/64\neth1 10.0.1.1/24 2001:db8:1::1/64\n";
  private Finals finals;

  @BeforeEach
  void kernel() {
    Kernel.needed();
  }

  private List<Observation> run(String scenario) {
    var s = ScenarioFile.parse("test", DEVICES + scenario);
    List<Observation> seen = new ArrayList<>();
    try (KernelSubject kernel = new KernelSubject(s)) {
      s.steps().forEach(step -> seen.add(kernel.apply(step)));
      finals = kernel.finals();
    }
    return seen;
  }

  @Test
  void followsTranslatedPacketsAndAnswers() {
    List<Observation> seen = run("[iptables]\n*nat\n-A POSTROUTING -o eth1 -j MASQUERADE\nCOMMIT\n"
        + "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        + "-A FORWARD -p tcp --dport 81 -j REJECT --reject-with tcp-reset\n-A INPUT -p udp -j DROP\nCOMMIT\n[packets]\n"
        + "in eth0 tcp 10.0.0.2:4000 > 10.0.1.2:80 flags S seq 1\n"
        + "in eth1 tcp 10.0.1.2:80 > 10.0.1.1:4000 flags SA seq 9 ack 2\n"
        + "in eth0 tcp 10.0.0.2:4000 > 10.0.1.2:81 flags S seq 1\n"
        + "in eth0 icmp 10.0.0.2 > 10.0.0.1 id 1 seq 1\n"
        + "in eth0 udp 10.0.0.2:1 > 10.0.0.1:2\n"
        + "in eth0 udp 10.0.0.2:1 > 10.0.1.2:2 ttl 1\n"
        + "in eth0 udp 10.0.0.2:1 > 10.0.1.2:2 badipsum\n"
        + "local udp 10.0.0.1:1 > 10.0.0.2:2 id 1\n"
        + "local udp 10.0.0.1:1 > 10.0.1.1:2 id 1\n");
    assertEquals(List.of(Fate.FORWARDED, Fate.FORWARDED, Fate.DROPPED, Fate.DELIVERED, Fate.DROPPED, Fate.DROPPED,
        Fate.DROPPED, Fate.SENT, Fate.DROPPED), seen.stream().map(Observation::fate).toList());
    assertEquals("10.0.1.1:4000 > 10.0.1.2:80 tcp SYN seq 1 win 65535 len 0 ttl 63",
        PacketText.describe(seen.get(0).packets().get(0)));
    assertEquals("eth0", seen.get(1).out());
    assertEquals("ESTABLISHED", seen.get(1).ctstate());
    assertEquals("FORWARD", seen.get(2).ended());
    assertEquals("10.0.1.2:81 > 10.0.0.2:4000 tcp RST,ACK seq 0 ack 2 win 0 len 0",
        PacketText.describe(seen.get(2).emitted().get(0).packet()));
    assertEquals("INPUT", seen.get(4).ended());
    assertEquals("after PREROUTING", seen.get(5).ended());
    assertEquals(1, seen.get(5).emitted().size());
    assertEquals("before any hook", seen.get(6).ended());
    assertEquals("INPUT", seen.get(8).ended(), "through lo");
    assertTrue(finals.counters4().contains("[1:40] -A FORWARD -p tcp -m tcp --dport 81 -j REJECT --reject-with tcp-reset"));
    assertTrue(finals.conntrack().stream().anyMatch(c -> c.contains("SYN_RECV src=10.0.0.2 dst=10.0.1.2 sport=4000")));
  }

  @Test
  void observingTurnsNeitherConnectionTrackingNorReassemblyOn() {
    String fragments = "in eth0 proto 17 10.0.0.2 > 10.0.1.2 len 16 frag 0 more 7\n"
        + "in eth0 proto 17 10.0.0.2 > 10.0.1.2 len 16 frag 16 last 7\n";
    List<Observation> plain = run("[iptables]\n*filter\n-A FORWARD -f -j ACCEPT\nCOMMIT\n[packets]\n" + fragments);
    assertEquals(List.of(Fate.FORWARDED, Fate.FORWARDED), plain.stream().map(Observation::fate).toList());
    assertTrue(finals.counters4().contains("[1:36] -A FORWARD -f -j ACCEPT"), finals.counters4().toString());
    assertEquals(List.of(), finals.conntrack());
    List<Observation> tracked = run("[iptables]\n*filter\n-A FORWARD -f -j ACCEPT\n-A FORWARD -m state --state INVALID\n"
        + "COMMIT\n[packets]\n" + fragments);
    assertEquals(List.of(Fate.QUEUED, Fate.FORWARDED), tracked.stream().map(Observation::fate).toList());
    assertEquals(2, tracked.get(1).packets().size());
    assertTrue(finals.counters4().contains("[0:0] -A FORWARD -f -j ACCEPT"));
    assertTrue(finals.counters4().contains("[1:52] -A FORWARD -m state --state INVALID"));
  }

  @Test
  void theKernelSendsNothingUnasked() {
    List<Observation> seen = run("[packets]\nadvance 1200ms\n");
    assertEquals(Fate.NONE, seen.get(0).fate());
    assertEquals(List.of(), seen.get(0).emitted());
  }

  @Test
  void packetsOfTheHostHaveAnOwnerAndMayComeBackToIt() {
    List<Observation> seen = run("[iptables]\n*filter\n-A OUTPUT -m owner --uid-owner 1000 -j DROP\n"
        + "-A OUTPUT -p udp --dport 9 -j REJECT\nCOMMIT\n[packets]\n"
        + "local uid 1000 gid 1000 udp 10.0.0.1:1 > 10.0.0.2:2 id 1\n"
        + "local udp 10.0.0.1:1 > 10.0.0.2:2 id 1\n"
        + "local udp 10.0.0.1:1 > 10.0.0.2:9 id 1\n");
    assertEquals(List.of(Fate.DROPPED, Fate.SENT, Fate.DROPPED), seen.stream().map(Observation::fate).toList());
    assertEquals("lo", seen.get(2).emitted().get(0).out());
  }

  @Test
  void ethernetFramesCrossABridge() {
    var s = ScenarioFile.parse("bridge", "[devices]\np0 tap master br0\np1 tap master br0\nbr0 bridge 10.9.0.1/24\n"
        + "[neighbours]\n10.9.0.2 lladdr 02:00:00:00:00:02 dev br0\n");
    try (KernelSubject kernel = new KernelSubject(s)) {
      String frame = "ffffffffffff0200000000020800";
      byte[] ip = io.sluice.packet.PacketBuilder.from("10.9.0.2", "10.9.0.1").udp(1, 2).build();
      byte[] bytes = java.util.HexFormat.of().parseHex(frame + java.util.HexFormat.of().formatHex(ip));
      Observation seen = kernel.apply(new io.sluice.corpus.scenario.Step.In("p0", bytes));
      assertEquals(Fate.DELIVERED, seen.fate(), seen.describe());
    }
  }

  @Test
  void whatTheToolsRefuseIsSaid() {
    ScenarioRefused e = assertThrows(ScenarioRefused.class,
        () -> run("[iptables]\n*filter\n-A FORWARD -j NOWHERE\nCOMMIT\n"));
    assertTrue(e.getMessage().contains("iptables-legacy-restore"), e.getMessage());
  }
}
