package io.sluice.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.TransportBuilder;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import io.sluice.text.RuleSetWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Packets of established connections, each a little different from the one before, against the walker. */
class FastPathTest {
  private static final int PACKETS = 3_000;
  private static final String RULES = """
      *mangle
      :PREROUTING ACCEPT [0:0]
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      -A PREROUTING -m mark --mark 0x9
      -A PREROUTING -p tcp -m length --length 30:45
      -A POSTROUTING -o wan -p udp
      COMMIT
      *nat
      :PREROUTING ACCEPT [0:0]
      :INPUT ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      -A PREROUTING -i wan -p tcp -m tcp --dport 8080 -j DNAT --to-destination INSIDE:80
      -A POSTROUTING -o wan -p udp -j MASQUERADE
      COMMIT
      *filter
      :INPUT DROP [0:0]
      :FORWARD DROP [0:0]
      :OUTPUT ACCEPT [0:0]
      -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
      -A INPUT -p udp -m udp --dport 53 -j ACCEPT
      -A INPUT -i lan -p tcp -m tcp --dport 22 -j ACCEPT
      -A FORWARD -p tcp -m tcp --tcp-flags PSH PSH -m tos --tos 0x10/0xff -j DROP
      -A FORWARD -p tcp -m tcp --dport 443 -m limit --limit 200/sec -j ACCEPT
      -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -m mark ! --mark 0x7 -j ACCEPT
      -A FORWARD -i lan -j ACCEPT
      -A FORWARD -m conntrack --ctstate DNAT -j ACCEPT
      COMMIT
      """;
  private static final List<String> FLAGS = List.of("A", "A", "A", "PA", "A", "FA", "R");

  @TempDir Path directory;

  /** One end that speaks first, and where it speaks to. */
  private record Talk(String device, String from, int fromPort, String to, int toPort, boolean tcp) {}

  /** What a conversation's packets look like when they have been translated: the answer comes to the other ends. */
  private static final class Open {
    Talk talk;
    String answerDevice;
    IpAddress source;
    IpAddress destination;
    int sourcePort;
    int destinationPort;
  }

  @ParameterizedTest
  @CsvSource({"4, false, 1, 0", "4, false, 2, 5", "4, true, 3, 0", "6, false, 4, 5", "6, true, 5, 0"})
  void packetsThatDifferALittleGoAsTheWalkerSays(int version, boolean policyRouting, long seed, int scanRules) throws Exception {
    boolean v4 = version == 4;
    Family family = v4 ? Family.IPV4 : Family.IPV6;
    Host host = host(v4, policyRouting);
    Simulator walked = Simulator.builder(host).walker().build();
    Simulator compiled = Simulator.builder(host).compiled(CompileOptions.DEFAULT.withScanRules(scanRules)).build();
    Random random = new Random(seed);
    List<Open> open = open(v4, walked, compiled);
    for (int i = 0; i < PACKETS; i++) {
      Open one = open.get(random.nextInt(open.size()));
      boolean reply = random.nextBoolean();
      byte[] packet = packet(one, reply, random);
      String device = random.nextInt(25) == 0 ? "spare" : reply ? one.answerDevice : one.talk.device;
      int mark = random.nextInt(12) == 0 ? 7 : 0;
      SkBuff.PacketType type = random.nextInt(30) == 0 ? SkBuff.PacketType.MULTICAST : SkBuff.PacketType.UNICAST;
      String where = "seed " + seed + ", packet " + i;
      String expected = run(walked, packet, device, mark, type);
      assertEquals(expected, run(compiled, packet, device, mark, type), where);
      if (i % 100 == 0) {
        assertEquals(counters(walked, family), counters(compiled, family), where);
        assertEquals(walked.conntrack().list(), compiled.conntrack().list(), where);
      }
    }
    assertEquals(counters(walked, family), counters(compiled, family));
    assertEquals(walked.conntrack().list(), compiled.conntrack().list());
    long fast = compiled.stats(family).orElseThrow().fastPackets();
    assertTrue(fast > PACKETS / 5, () -> "hardly a packet went as one before it: " + fast);
  }

  private static List<Open> open(boolean v4, Simulator walked, Simulator compiled) {
    String client = v4 ? "10.0.0.9" : "2001:db8:a::9";
    String server = v4 ? "192.0.2.9" : "2001:db8:b::9";
    String router = v4 ? "192.0.2.1" : "2001:db8:b::1";
    String lan = v4 ? "10.0.0.1" : "2001:db8:a::1";
    List<Open> open = new ArrayList<>();
    for (Talk talk : List.of(new Talk("lan", client, 1000, server, 80, true), new Talk("lan", client, 1001, server, 443, true),
        new Talk("lan", client, 1002, server, 53, false), new Talk("wan", server, 1003, router, 8080, true),
        new Talk("wan", server, 1004, router, 53, false), new Talk("lan", client, 1005, lan, 22, true))) {
      byte[] first = transport(PacketBuilder.from(talk.from, talk.to), talk, talk.fromPort, talk.toPort, "S", 100, 0, 0).build();
      SkBuff there = new SkBuff();
      there.arrive(first.clone(), first.length, walked.host().network().requireDevice(talk.device));
      Outcome outcome = walked.receive(there);
      assertTrue(outcome.fate() == Fate.FORWARDED || outcome.fate() == Fate.DELIVERED, outcome::toString);
      compiled.receive(talk.device, first);
      Open one = new Open();
      one.talk = talk;
      one.answerDevice = outcome.out().map(Object::toString).orElse("");
      Packet arrived = there;
      one.source = arrived.destination();
      one.destination = arrived.source();
      one.sourcePort = arrived.destinationPort();
      one.destinationPort = arrived.sourcePort();
      byte[] answer = transport(PacketBuilder.from(one.source, one.destination), talk, one.sourcePort, one.destinationPort, "SA",
          500, 101, 0).build();
      for (Simulator simulator : List.of(walked, compiled)) {
        if (outcome.fate() == Fate.DELIVERED) {
          simulator.send(answer);
        } else {
          simulator.receive(one.answerDevice, answer);
        }
      }
      if (outcome.fate() == Fate.DELIVERED) {
        one.answerDevice = talk.device; // nobody answers from there: packets with strange sources
      }
      open.add(one);
    }
    return open;
  }

  private static byte[] packet(Open one, boolean reply, Random random) {
    PacketBuilder ip = reply ? PacketBuilder.from(one.source, one.destination) : PacketBuilder.from(one.talk.from, one.talk.to);
    if (random.nextInt(8) == 0) {
      ip.tos(random.nextBoolean() ? 0x10 : 0x08);
    }
    if (random.nextInt(20) == 0) {
      ip.ttl(1 + random.nextInt(2));
    }
    if (random.nextInt(20) == 0) {
      ip.fragment(0, true, 77);
    } else if (random.nextBoolean()) {
      ip.dontFragment();
    }
    String flags = random.nextInt(6) == 0 ? FLAGS.get(random.nextInt(FLAGS.size() - (random.nextInt(8) == 0 ? 0 : 2))) : "A";
    int payload = random.nextInt(15) == 0 ? 1480 : random.nextInt(10) == 0 ? 8 : 0;
    TransportBuilder<?> built = transport(ip, one.talk, reply ? one.sourcePort : one.talk.fromPort,
        reply ? one.destinationPort : one.talk.toPort, flags, reply ? 501 : 101, reply ? 101 : 501, payload);
    if (random.nextInt(40) == 0) {
      built.badChecksum();
    }
    if (random.nextInt(40) == 0) {
      built.truncate(6);
    }
    return built.build();
  }

  private static TransportBuilder<?> transport(PacketBuilder ip, Talk talk, int from, int to, String flags, long seq, long ack, int payload) {
    return talk.tcp ? ip.tcp(from, to).flags(flags).seq(seq).ack(ack).payload(payload) : ip.udp(from, to).payload(payload);
  }

  private static String run(Simulator simulator, byte[] packet, String device, int mark, SkBuff.PacketType type) {
    simulator.advanceTo(simulator.clock().nanos() + 1_000_000);
    SkBuff skb = new SkBuff();
    skb.arrive(packet.clone(), packet.length, simulator.host().network().requireDevice(device));
    skb.setMark(mark);
    skb.setLinkHeader(new byte[14], type);
    Outcome o = simulator.receive(skb);
    StringBuilder out = new StringBuilder(o.fate() + " " + o.out() + " " + o.hook() + " " + o.rule() + " " + o.policy() + " " + o.reason()
        + " " + o.ctInfo() + " " + skb.mark() + " " + skb.linkHeader().length + " "
        + skb.route());
    o.packets().forEach(bytes -> out.append('\n').append(java.util.HexFormat.of().formatHex(bytes)));
    o.answers().forEach(answer -> out.append("\nanswer ").append(answer.fate()));
    return out.toString();
  }

  private static String counters(Simulator simulator, Family family) {
    return RuleSetWriter.plain().withCounters().save(simulator.counted(family));
  }

  private Host host(boolean v4, boolean policyRouting) throws Exception {
    String inside = v4 ? "10.0.0.80" : "[2001:db8:a::80]";
    write(v4 ? "iptables.save" : "ip6tables.save", RULES.replace("INSIDE", inside));
    write("addr", String.join("\n", link(1, "lo", "LOOPBACK", "loopback", "127.0.0.1/8", "::1/128", "host"),
        link(2, "lan", "POINTOPOINT,NOARP", "none", "10.0.0.1/24", "2001:db8:a::1/64", "global"),
        link(3, "wan", "BROADCAST,MULTICAST", "ether", "192.0.2.1/24", "2001:db8:b::1/64", "global"),
        link(4, "spare", "BROADCAST,MULTICAST", "ether", "198.51.100.1/24", "2001:db8:c::1/64", "global")));
    if (policyRouting) {
      write(v4 ? "rule" : "rule6", "0:\tfrom all lookup local\n10:\tfrom all fwmark 0x7 lookup 100\n11:\tfrom all tos 0x08 lookup 100\n32766:\tfrom all lookup main\n");
      String net = v4 ? "10.0.0.0/24" : "2001:db8:a::/64";
      String other = v4 ? "192.0.2.0/24" : "2001:db8:b::/64";
      write(v4 ? "route" : "route6", net + " dev lan proto kernel scope link metric 256\n" + other + " dev wan proto kernel scope link metric 256\n"
          + "default dev spare table 100 metric 1024\n" + locals(v4));
    }
    write("sysctl", "net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n");
    return HostReader.read(directory);
  }

  private static String locals(boolean v4) {
    return v4 ? "local 10.0.0.1 dev lan table local proto kernel scope host src 10.0.0.1\n"
            + "local 192.0.2.1 dev wan table local proto kernel scope host src 192.0.2.1\n"
        : "local 2001:db8:a::1 dev lan table local proto kernel metric 0\nlocal 2001:db8:b::1 dev wan table local proto kernel metric 0\n";
  }

  private static String link(int index, String name, String flags, String kind, String four, String six, String scope) {
    String address = kind.equals("none") ? "" : " 02:00:00:00:00:0" + index + " brd ff:ff:ff:ff:ff:ff";
    return index + ": " + name + ": <" + flags + ",UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default\n    link/" + kind
        + address + "\n    inet " + four + " scope " + scope + " " + name
        + "\n    inet6 " + six + " scope " + scope + "\n";
  }

  private void write(String file, String text) throws Exception {
    Files.writeString(directory.resolve(file), text);
  }
}
