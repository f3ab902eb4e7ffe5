package io.sluice.corpus.scenario;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.packet.PacketBuilder;
import io.sluice.packet.PacketText;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScenarioFileTest {

  @Test
  void whatIsPrintedReadsTheSame() {
    Scenario s = ScenarioFile.parse("x", "backend nft # comment\n[devices]\neth0 10.0.0.1/24 mtu 1400\nt0 tap master br0\n"
        + "br0 bridge 10.9.0.1/24 multicast nf-call\n[routes]\ndefault via 10.0.0.9\n-6 default dev eth0\n[policy]\n"
        + "fwmark 1 table 100\n[neighbours]\n10.9.0.2 lladdr 02:00:00:00:00:02 dev br0\n[sysctl]\na.b = 1\n[ipset]\n"
        + "create s hash:ip\n[iptables]\n*filter\n:INPUT ACCEPT [1:2]\n[0:0] -A INPUT -m comment --comment \"# not one\"\n"
        + "COMMIT\n[ip6tables]\n*filter\nCOMMIT\n[packets]\nin eth0 udp 10.0.0.2:1 > 10.0.0.1:2 len 3 # said so\n"
        + "acking eth0 tcp 10.0.0.2:1 > 10.0.0.1:2 flags A seq 1 ack 1\n"
        + "local uid 7 gid 8 icmp 10.0.0.1 > 10.0.0.2 id 1 seq 2\nadvance 3s\nadvance 20ms\n");
    Scenario again = ScenarioFile.parse("x", ScenarioFile.print(s));
    assertEquals(ScenarioFile.print(s), ScenarioFile.print(again));
    assertEquals(s.rules4(), again.rules4());
    assertTrue(s.rules4().contains("# not one"));
    assertEquals(Scenario.Backend.NFT, again.backend());
    assertEquals(s.devices(), again.devices());
    assertEquals(5, again.steps().size());
    assertArrayEquals(PacketBuilder.from("10.0.0.2", "10.0.0.1").udp(1, 2).payload(3).build(),
        ((Step.In) again.steps().get(0)).bytes());
    assertArrayEquals(PacketBuilder.from("10.0.0.2", "10.0.0.1").tcp(1, 2).flags("A").seq(1).ack(1).build(),
        ((Step.Acking) again.steps().get(1)).bytes());
    assertEquals(7, ((Step.Local) again.steps().get(2)).uid());
    assertEquals(new Step.Advance(3000), again.steps().get(3));
  }

  @Test
  void packetLinesSayWhatTheyMean() {
    assertEquals("10.0.0.2:4000 > 10.0.1.2:80 tcp SYN,ACK seq 1 ack 2 win 9 mss 1460 wscale 7 len 4 ttl 3 tos 0x10",
        describe("tcp 10.0.0.2:4000 > 10.0.1.2:80 flags SA seq 1 ack 2 win 9 mss 1460 wscale 7 data \"a b \" ttl 3 tos 16"));
    assertEquals("[2001:db8::2]:53 > [2001:db8::1]:54 udp len 0", describe("udp [2001:db8::2]:53 > [2001:db8::1]:54"));
    assertEquals("2001:db8::2 > 2001:db8::1 icmpv6 echo-request id 1 seq 2 len 0",
        describe("icmp 2001:db8::2 > 2001:db8::1 type 128 id 1 seq 2"));
    assertEquals("10.0.0.2:1 > 10.0.0.1:2 sctp INIT tag 0x0 len 20", describe("sctp 10.0.0.2:1 > 10.0.0.1:2 init 7"));
    assertEquals("10.0.0.2 > 10.0.0.1 esp len 3", describe("proto 50 10.0.0.2 > 10.0.0.1 hex 010203"));
    assertEquals("10.0.0.2 > 10.0.0.1 udp fragment at 16 last-fragment id 7",
        describe("proto 17 10.0.0.2 > 10.0.0.1 len 8 frag 16 last 7"));
    byte[] first = PacketBuilder.from("10.0.0.2", "10.0.1.2").udp(1, 2).build();
    assertEquals("10.0.1.2 > 10.0.0.2 icmp type 3 code 1 [10.0.0.2:1 > 10.0.1.2:2 udp len 0]",
        PacketText.describe(PacketLine.parse("icmp 10.0.1.2 > 10.0.0.2 type 3 code 1 quote 0 28",
            List.of(new Step.In("eth0", first)))));
  }

  @Test
  void mistakesNameTheLine() {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
        () -> ScenarioFile.parse("x.scenario", "[packets]\nin eth0 tcp 10.0.0.2:1 > 10.0.0.1:2 flagz S\n"));
    assertEquals("x.scenario: in eth0 tcp 10.0.0.2:1 > 10.0.0.1:2 flagz S: unknown option flagz", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> ScenarioFile.parse("x", "[packets]\nout eth0 00\n"));
    assertThrows(IllegalArgumentException.class, () -> ScenarioFile.parse("x", "frontend nft\n"));
  }

  private static String describe(String line) {
    return PacketText.describe(PacketLine.parse(line, List.of()));
  }
}
