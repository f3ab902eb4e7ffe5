package io.sluice.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sluice.extension.UnknownPolicy;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Sysctls;
import io.sluice.ipset.IpSets;
import io.sluice.net.SynCookies.Seen;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.PacketText;
import io.sluice.packet.TcpBuilder;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** SYNPROXY with cookies of the simulator's own; those of the kernel are in the corpus, {@code synproxy-*.scenario}. */
class SynproxyTest {
  private static final long MINUTE = 60_000_000_000L;
  private static final long START = 28_000_000 * MINUTE;
  private static final String RULES = """
      *raw
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -i wan -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j CT --notrack
      COMMIT
      *filter
      :FORWARD ACCEPT [0:0]
      -A FORWARD -i wan -p tcp -m state --state INVALID,UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460
      -A FORWARD -m state --state INVALID -j DROP
      COMMIT
      """;
  private Simulator simulator;

  @BeforeEach
  void begin() throws ReadException {
    simulator = Simulator.builder(host()).startNanos(START).build();
  }

  @Test
  void bothEndsTalkInNumbersOfTheirOwn() {
    Packet synAck = answer(client("S", 100, 0).mss(1400).timestamps(7, 0));
    int cookie = seq(synAck);
    assertEquals("10.0.0.2:4000 > 10.0.1.2:80 tcp SYN seq 100 win 500 mss 1300 len 0", PacketText.describe(answer(
        client("A", 101, cookie + 1)).toBytes()));
    Outcome swallowed = simulator.receive("lan", server("SA", 7000, 101).mss(1460).build());
    assertEquals(List.of("10.0.0.2:4000 > 10.0.1.2:80 tcp ACK seq 101 ack 7001 win 500 len 0",
        "10.0.1.2:80 > 10.0.0.2:4000 tcp ACK seq " + (cookie + 1 & 0xffff_ffffL) + " ack 101 win 500 len 0"),
        swallowed.answers().stream().map(a -> PacketText.describe(a.packets().get(0))).toList());
    assertEquals(7001, number(simulator.receive("wan", client("PA", 101, cookie + 1).payload(3).build()), 8));
    assertEquals(cookie + 1, number(simulator.receive("lan", server("PA", 7001, 104).payload(3).build()), 4));
  }

  @Test
  void aCookieIsGoodInItsMinuteAndTheNext() {
    int cookie = seq(answer(client("S", 100, 0)));
    byte[] ack = client("A", 101, cookie + 1).build();
    simulator.advanceTo(START + 2 * MINUTE - 1);
    assertEquals(1, simulator.receive("wan", ack).answers().size());
    simulator.advanceTo(START + 2 * MINUTE);
    assertEquals(0, simulator.receive("wan", other(ack)).answers().size());
  }

  /** From another port no connection is open. */
  private static byte[] other(byte[] packet) {
    byte[] changed = packet.clone();
    changed[21]++;
    return changed;
  }

  @Test
  void aCookieOfTheKernelsIsTakenIfItMayBeOne() {
    assertEquals(4711, told(4711));
    assertEquals(4711, told(4711));
    assertEquals(1234, told(1234));
    assertNotEquals(99, told(99)); // not within the same minute once more
    assertEquals(1, simulator.receive("wan", client("A", 101, 1235).build()).answers().size());
    assertEquals(0, simulator.receive("wan", other(client("A", 101, 1235).build())).answers().size());
  }

  private int told(int cookie) {
    simulator.expectSynAcks(List.of(new Seen(cookie, 0)));
    return seq(answer(client("S", 100, 0)));
  }

  private static TcpBuilder client(String flags, int seq, int ack) {
    return PacketBuilder.from("10.0.0.2", "10.0.1.2").tcp(4000, 80).flags(flags).seq(seq).ack(ack).window(500);
  }

  private static TcpBuilder server(String flags, int seq, int ack) {
    return PacketBuilder.from("10.0.1.2", "10.0.0.2").tcp(80, 4000).flags(flags).seq(seq).ack(ack).window(500);
  }

  /** The one packet that the host sends on account of a client's. */
  private Packet answer(TcpBuilder packet) {
    Outcome outcome = simulator.receive("wan", packet.build());
    assertEquals(1, outcome.answers().size());
    return packet(outcome.answers().get(0).packets().get(0));
  }

  private static int seq(Packet p) {
    return p.u32(p.transportOffset() + 4);
  }

  private static int number(Outcome outcome, int offset) {
    Packet p = packet(outcome.packets().get(0));
    return p.u32(p.transportOffset() + offset);
  }

  private static Packet packet(byte[] bytes) {
    Packet p = new Packet();
    p.load(bytes, bytes.length);
    return p;
  }

  private static Host host() throws ReadException {
    Network network = Network.builder().device(device(2, "wan", "10.0.0.1/24")).device(device(3, "lan", "10.0.1.1/24"))
        .sysctls(Sysctls.of(Map.of("net.ipv4.ip_forward", "1", "net.netfilter.nf_conntrack_tcp_loose", "0"))).build();
    return new Host(network, RuleSetReader.read(RULES, Family.IPV4, UnknownPolicy.FAIL), RuleSet.empty(Family.IPV6),
        new IpSets(new Clock()), List.of());
  }

  private static NetDevice device(int index, String name, String address) {
    return NetDevice.named(index, name).withAddresses(List.of(InterfaceAddress.of(address)));
  }
}
