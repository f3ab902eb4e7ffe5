package io.sluice.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.sluice.conntrack.ConntrackRecord;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.extension.UnknownPolicy;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Sysctls;
import io.sluice.ipset.IpSets;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.ConntrackReader;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets alone and in batches, where objects of connections are used again, against those that are walked and kept. */
class BatchTest {
  private static final int BATCHES = 120;
  /** More than what is thought to be in the caches. */
  private static final int CROWD = 8_300;
  private static final String RULES = """
      *nat
      :PREROUTING ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      -A PREROUTING -i wan -p udp -m udp --dport 5353 -j DNAT --to-destination 10.0.0.9:53
      -A POSTROUTING -o wan -p udp -m udp --sport 1000:1019 -j MASQUERADE --to-ports 4000-4030
      -A POSTROUTING -o wan -p udp -j MASQUERADE
      COMMIT
      *filter
      :FORWARD DROP [0:0]
      -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -m connmark --mark 7 -j ACCEPT
      -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A FORWARD -i lan -o wan -p tcp -j CONNMARK --set-mark 7
      -A FORWARD -i lan -o wan -j ACCEPT
      -A FORWARD -m conntrack --ctstate DNAT -j ACCEPT
      COMMIT
      """;

  /** Connections in a zone of their own by {@code dmz}, and chains in front of nothing. */
  private static final String ZONES = """
      *raw
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -i dmz -j CT --zone 1
      COMMIT
      *filter
      :FORWARD DROP [0:0]
      -A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK ACK -m conntrack --ctstate ESTABLISHED -j ACCEPT
      -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A FORWARD -m conntrack --ctstate NEW -j ACCEPT
      COMMIT
      """;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void connectionsUsedAgainAreAsNew(long seed) throws ReadException {
    connectionsUsedAgainAreAsNew(seed, List.of());
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void soTheyAreAmongThousands(long seed) throws ReadException {
    StringBuilder crowd = new StringBuilder();
    for (int i = 0; i < CROWD; i++) {
      String client = "10.1." + (i >> 8) + "." + (i & 255);
      crowd.append("udp 17 9999 src=").append(client).append(" dst=192.0.2.9 sport=1 dport=2 [UNREPLIED] src=192.0.2.9 dst=")
          .append(client).append(" sport=2 dport=1 mark=0 use=1\n");
    }
    connectionsUsedAgainAreAsNew(seed, ConntrackReader.read(SourceText.of("crowd", crowd.toString())));
  }

  private static void connectionsUsedAgainAreAsNew(long seed, List<ConntrackRecord> crowd) throws ReadException {
    int forwarded = forwardedAlike(seed, host(crowd), BatchTest::packet);
    assertTrue(forwarded > BATCHES * 100, "hardly any packet was let through: " + forwarded);
  }

  /** Handshakes and answers in both families, cut headers, tuples that answer themselves, zones. */
  @ParameterizedTest
  @ValueSource(longs = {6, 7})
  void conversationsOfBothFamiliesAreAlike(long seed) throws ReadException {
    Host host = new Host(network(), RuleSetReader.read(ZONES, Family.IPV4, UnknownPolicy.FAIL),
        RuleSetReader.read(ZONES, Family.IPV6, UnknownPolicy.FAIL), new IpSets(new Clock()), List.of());
    int forwarded = forwardedAlike(seed, host, BatchTest::segment);
    assertTrue(forwarded > BATCHES * 100, "hardly any packet was let through: " + forwarded);
  }

  @Test
  void aBatchWithPacketsThatThereAreNotIsRefusedAsAWhole() throws ReadException {
    Host host = host(List.of());
    SkBuff[] one = {new SkBuff()};
    byte[] packet = PacketBuilder.from("10.0.0.2", "192.0.2.2").tcp(1000, 80).flags("S").build();
    one[0].arrive(packet, packet.length, host.network().requireDevice("lan"));
    for (Simulator simulator : List.of(Simulator.builder(host).compiled().build(),
        Simulator.builder(host).checked(CompileOptions.DEFAULT).build())) {
      assertEquals("Range [0, 2) out of bounds for length 1", assertThrows(IndexOutOfBoundsException.class,
          () -> simulator.process(one, 0, 2, (index, result) -> fail("one of them came through"))).getMessage());
      assertEquals(List.of(), simulator.conntrack().list());
    }
  }

  private interface Draw {
    void packet(Random random, List<byte[]> packets, List<String> devices);
  }

  /** Sends packets in the three ways, which must do the same; how many were let through. */
  private static int forwardedAlike(long seed, Host host, Draw draw) {
    Simulator walked = Simulator.builder(host).walker().build();
    Simulator single = Simulator.builder(host).compiled().build();
    Simulator batched = Simulator.builder(host).compiled().build();
    Random random = new Random(seed);
    long now = 0;
    int forwarded = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
      now += random.nextInt(400_000_000);
      walked.advanceTo(now);
      single.advanceTo(now);
      batched.advanceTo(now);
      List<byte[]> packets = new ArrayList<>();
      List<String> devices = new ArrayList<>();
      for (int i = 0; i < 150 + random.nextInt(150); i++) {
        draw.packet(random, packets, devices);
      }
      List<String> one = run(walked, packets, devices, Sending.KEPT);
      assertEquals(one, run(single, packets, devices, Sending.ALONE), "single, seed " + seed + ", batch " + batch);
      assertEquals(one, run(batched, packets, devices, Sending.TOGETHER), "batch, seed " + seed + ", batch " + batch);
      if (batch % 10 == 0) { // looking throws out what has expired, which the table would else do by itself
        assertEquals(walked.conntrack().list(), batched.conntrack().list(), "connections, seed " + seed + ", batch " + batch);
      }
      forwarded += one.stream().filter(line -> line.startsWith("FORWARDED")).count();
    }
    for (Family family : Family.values()) {
      assertEquals(walked.counted(family), batched.counted(family));
    }
    return forwarded;
  }

  private enum Sending {
    KEPT,
    ALONE,
    TOGETHER
  }

  private static List<String> run(Simulator simulator, List<byte[]> packets, List<String> devices, Sending sending) {
    SkBuff[] skbs = new SkBuff[packets.size()];
    for (int i = 0; i < skbs.length; i++) {
      skbs[i] = new SkBuff();
      skbs[i].arrive(packets.get(i).clone(), packets.get(i).length, simulator.host().network().requireDevice(devices.get(i)));
    }
    List<String> results = new ArrayList<>();
    switch (sending) {
      case KEPT:
        for (SkBuff skb : skbs) {
          results.add(line(simulator.receive(skb).fate(), skb));
        }
        break;
      case ALONE:
        for (SkBuff skb : skbs) {
          results.add(line(simulator.process(skb).fate(), skb));
        }
        break;
      default:
        simulator.process(skbs, 0, skbs.length, (index, result) -> results.add(line(result.fate(), skbs[index])));
    }
    return results;
  }

  private static String line(Fate fate, SkBuff skb) {
    return fate + " " + Arrays.toString(Arrays.copyOf(skb.data(), skb.length()));
  }

  /** Of few ends, so that connections come again, clash and are answered. */
  private static void packet(Random random, List<byte[]> packets, List<String> devices) {
    String client = "10.0.0." + (2 + random.nextInt(12));
    String server = "192.0.2." + (2 + random.nextInt(3));
    int port = 1000 + random.nextInt(40);
    switch (random.nextInt(5)) {
      case 0:
        packets.add(PacketBuilder.from(client, server).tcp(port, 80).flags(random.nextBoolean() ? "S" : "A").seq(1).build());
        devices.add("lan");
        break;
      case 1:
        packets.add(PacketBuilder.from(server, "192.0.2.1").udp(53, random.nextBoolean() ? port : 4000 + random.nextInt(31)).build());
        devices.add("wan");
        break;
      case 2:
        packets.add(PacketBuilder.from(server, random.nextBoolean() ? "192.0.2.1" : client).udp(port, 5353).build());
        devices.add("wan");
        break;
      default:
        packets.add(PacketBuilder.from(client, server).udp(port, 53).payload(random.nextInt(9)).build());
        devices.add("lan");
    }
  }

  /** A segment or datagram of one of few conversations, either way, whole or cut. */
  private static void segment(Random random, List<byte[]> packets, List<String> devices) {
    boolean v4 = random.nextBoolean();
    boolean there = random.nextBoolean();
    int host = 2 + random.nextInt(6);
    String client = v4 ? "10.0.0." + host : "2001:db8:1::" + host;
    String server = random.nextInt(12) == 0 ? client : v4 ? "192.0.2.9" : "2001:db8:2::9";
    int port = random.nextInt(8) == 0 ? 80 : 1000 + random.nextInt(4);
    PacketBuilder way = there ? PacketBuilder.from(client, server) : PacketBuilder.from(server, client);
    int from = there ? port : 80;
    int to = there ? 80 : port;
    byte[] packet = random.nextInt(3) == 0 ? way.udp(from, to).payload(random.nextInt(9)).build()
        : way.tcp(from, to).flags(there ? List.of("S", "A", "A", "FA", "R").get(random.nextInt(5)) : random.nextBoolean() ? "SA" : "A")
            .seq(there ? 2 : 501).ack(there ? 502 : 3).payload(random.nextInt(4)).build();
    if (random.nextInt(20) == 0) {
      packet[packet.length - 1 - random.nextInt(8)] ^= 1; // a checksum, a port, or what is behind them
    }
    packets.add(packet);
    devices.add(random.nextInt(10) == 0 ? "dmz" : there ? "lan" : "wan");
  }

  /** What is read ahead for new connections is read for those of protocols of which no object is used again, too. */
  @Test
  void batchesMayEndWithAnyProtocol() throws ReadException {
    Simulator simulator = Simulator.builder(host(List.of())).checked(CompileOptions.DEFAULT).build();
    PacketBuilder there = PacketBuilder.from("10.0.0.2", "192.0.2.9");
    List<Fate> fates = new ArrayList<>();
    for (int batch = 0; batch < 2; batch++) {
      SkBuff[] packets = {new SkBuff(), new SkBuff()};
      byte[] first = there.udp(1000 + batch, 53).build();
      byte[] last = there.icmp(8, 0).echo(batch, 1).build();
      packets[0].arrive(first, first.length, simulator.host().network().requireDevice("lan"));
      packets[1].arrive(last, last.length, simulator.host().network().requireDevice("lan"));
      simulator.process(packets, 0, 2, (index, result) -> fates.add(result.fate()));
    }
    assertEquals(List.of(Fate.FORWARDED, Fate.FORWARDED, Fate.FORWARDED, Fate.FORWARDED), fates);
  }

  private static Host host(List<ConntrackRecord> connections) throws ReadException {
    return new Host(network(), RuleSetReader.read(RULES, Family.IPV4, UnknownPolicy.FAIL), RuleSet.empty(Family.IPV6),
        new IpSets(new Clock()), connections);
  }

  private static Network network() {
    return Network.builder().device(device(2, "lan", "10.0.0.1/8", "2001:db8:1::1/64"))
        .device(device(3, "wan", "192.0.2.1/24", "2001:db8:2::1/64")).device(device(4, "dmz", "198.51.100.1/24"))
        .sysctls(Sysctls.of(Map.of("net.ipv4.ip_forward", "1", "net.ipv6.conf.all.forwarding", "1",
            "net.netfilter.nf_conntrack_udp_timeout", "1", "net.netfilter.nf_conntrack_udp_timeout_stream", "2",
            "net.netfilter.nf_conntrack_tcp_timeout_syn_sent", "1", "net.netfilter.nf_conntrack_tcp_timeout_established", "2")))
        .build();
  }

  private static NetDevice device(int index, String name, String... addresses) {
    return NetDevice.named(index, name).withAddresses(Stream.of(addresses).map(InterfaceAddress::of).toList());
  }
}
