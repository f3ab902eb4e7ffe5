package io.sluice.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
    Simulator walked = Simulator.builder(host(crowd)).walker().build();
    Simulator single = Simulator.builder(host(crowd)).compiled().build();
    Simulator batched = Simulator.builder(host(crowd)).compiled().build();
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
        packet(random, packets, devices);
      }
      List<String> one = run(walked, packets, devices, Sending.KEPT);
      assertEquals(one, run(single, packets, devices, Sending.ALONE), "single, seed " + seed + ", batch " + batch);
      assertEquals(one, run(batched, packets, devices, Sending.TOGETHER), "batch, seed " + seed + ", batch " + batch);
      if (batch % 10 == 0) { // looking throws out what has expired, which the table would else do by itself
        assertEquals(walked.conntrack().list(), batched.conntrack().list(), "connections, seed " + seed + ", batch " + batch);
      }
      forwarded += one.stream().filter(line -> line.startsWith("FORWARDED")).count();
    }
    assertTrue(forwarded > BATCHES * 100, "hardly any packet was let through: " + forwarded);
    assertEquals(walked.counted(Family.IPV4), batched.counted(Family.IPV4));
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
    Network network = Network.builder().device(device(2, "lan", "10.0.0.1/8")).device(device(3, "wan", "192.0.2.1/24"))
        .sysctls(Sysctls.of(Map.of("net.ipv4.ip_forward", "1", "net.netfilter.nf_conntrack_udp_timeout", "1",
            "net.netfilter.nf_conntrack_udp_timeout_stream", "2", "net.netfilter.nf_conntrack_tcp_timeout_syn_sent", "1",
            "net.netfilter.nf_conntrack_tcp_timeout_established", "2")))
        .build();
    return new Host(network, RuleSetReader.read(RULES, Family.IPV4, UnknownPolicy.FAIL), RuleSet.empty(Family.IPV6),
        new IpSets(new Clock()), connections);
  }

  private static NetDevice device(int index, String name, String address) {
    return NetDevice.named(index, name).withAddresses(List.of(InterfaceAddress.of(address)));
  }
}
