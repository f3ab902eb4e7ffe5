package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.TransportChecksums;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class NatProperties {

  /** Whatever a binding does to a flow, the answer comes back to the address and port that asked, with right checksums. */
  @Property(tries = 500, seed = "1")
  void theAnswerFindsItsWayBack(@ForAll long seed) {
    Random random = new Random(seed);
    boolean v6 = random.nextBoolean();
    String prefix = v6 ? "fd00::" : "10.0.0.";
    String client = prefix + (1 + random.nextInt(9));
    String server = prefix + (11 + random.nextInt(9));
    int from = 1 + random.nextInt(65_535);
    int to = 1 + random.nextInt(65_535);
    int kind = random.nextInt(4);
    Conntrack conntrack = new Conntrack(Sysctls.defaults(), new Clock(), new SplittableRandom(seed));
    Packet p = new Packet();
    CtRef ref = new CtRef();

    send(conntrack, p, ref, packet(kind, client, server, from, to, false), random, prefix);
    String gone = p.source().toString();
    String reached = p.destination().toString();
    int gonePort = kind == 2 ? p.u16(p.transportOffset() + 4) : p.sourcePort();
    int reachedPort = kind == 2 ? 0 : p.destinationPort();
    assertTrue(p.hasValidHeader() && TransportChecksums.verify(p));

    byte[] answer = packet(kind, reached, gone, kind == 2 ? gonePort : reachedPort, gonePort, true);
    p.load(answer, answer.length);
    ref.clear();
    conntrack.in(p, ref, Hook.PREROUTING, 0);
    assertEquals(CtInfo.ESTABLISHED_REPLY, ref.info(), conntrack::reason);
    assertEquals(Verdict.ACCEPT, conntrack.nat().packet(p, ref, Hook.PREROUTING, 0, NatRules.NONE));
    assertEquals(Verdict.ACCEPT, conntrack.nat().packet(p, ref, Hook.POSTROUTING, 1, NatRules.NONE));
    assertArrayEquals(packet(kind, server, client, kind == 2 ? from : to, from, true), p.toBytes());
    Packet fresh = new Packet();
    fresh.load(p.toBytes(), p.length());
    assertEquals(IpAddress.of(client), fresh.destination());
    assertTrue(fresh.hasValidHeader());
  }

  /** An error about a translated packet arrives quoting the packet that was sent. */
  @Property(tries = 300, seed = "1")
  void anErrorQuotesWhatWasSent(@ForAll long seed) {
    Random random = new Random(seed);
    boolean v6 = random.nextBoolean();
    String prefix = v6 ? "fd00::" : "10.0.0.";
    int kind = random.nextInt(4);
    byte[] sent = packet(kind, prefix + 1, prefix + 11, 4000, 80, false);
    Conntrack conntrack = new Conntrack(Sysctls.defaults(), new Clock(), new SplittableRandom(seed));
    Packet p = new Packet();
    CtRef ref = new CtRef();
    send(conntrack, p, ref, sent.clone(), random, prefix);
    byte[] left = p.toBytes();
    byte[] error = PacketBuilder.from(prefix + 99, p.source().toString()).icmp(v6 ? 1 : 3, 1).quote(left, left.length).build();
    p.load(error, error.length);
    ref.clear();
    conntrack.in(p, ref, Hook.PREROUTING, 0);
    assertEquals(CtInfo.RELATED_REPLY, ref.info(), conntrack::reason);
    assertEquals(Verdict.ACCEPT, conntrack.nat().packet(p, ref, Hook.PREROUTING, 0, NatRules.NONE));
    assertEquals(Verdict.ACCEPT, conntrack.nat().packet(p, ref, Hook.POSTROUTING, 1, NatRules.NONE));
    assertEquals(IpAddress.of(prefix + 1), p.destination());
    assertTrue(TransportChecksums.verify(p));
    byte[] quoted = Arrays.copyOfRange(p.toBytes(), p.transportOffset() + 8, p.length());
    assertArrayEquals(sent, quoted);
  }

  private static void send(Conntrack conntrack, Packet p, CtRef ref, byte[] bytes, Random random, String prefix) {
    p.load(bytes, bytes.length);
    conntrack.in(p, ref, Hook.PREROUTING, 0);
    assertEquals(CtInfo.NEW, ref.info(), conntrack::reason);
    Nat nat = conntrack.nat();
    assertEquals(Verdict.ACCEPT, nat.packet(p, ref, Hook.PREROUTING, 0,
        () -> bind(nat, ref, random, prefix, NatRange.Manip.DESTINATION)));
    assertEquals(Verdict.ACCEPT, nat.packet(p, ref, Hook.POSTROUTING, 1,
        () -> bind(nat, ref, random, prefix, NatRange.Manip.SOURCE)));
    assertEquals(Verdict.ACCEPT, conntrack.confirm(p, ref, false));
  }

  private static Verdict bind(Nat nat, CtRef ref, Random random, String prefix, NatRange.Manip manip) {
    if (random.nextInt(3) == 0) {
      return Verdict.ACCEPT;
    }
    int first = 21 + random.nextInt(40);
    boolean ports = random.nextBoolean();
    int min = 1 + random.nextInt(60_000);
    return nat.setup(ref.connection(), new NatRange(Optional.of(IpAddress.of(prefix + first)),
        Optional.of(IpAddress.of(prefix + (first + random.nextInt(20)))), ports ? min : 0,
        ports ? min + random.nextInt(1000) : 0, 0, ports, random.nextInt(5) == 0, false, random.nextBoolean(), false),
        manip);
  }

  /** @param kind TCP, UDP, echo, SCTP */
  private static byte[] packet(int kind, String from, String to, int fromPort, int toPort, boolean answer) {
    PacketBuilder ip = PacketBuilder.from(from, to);
    switch (kind) {
      case 0:
        return answer
            ? ip.tcp(fromPort, toPort).flags("SA").seq(500).ack(1001).build()
            : ip.tcp(fromPort, toPort).flags("S").seq(1000).build();
      case 1:
        return ip.udp(fromPort, toPort).payload(7).build();
      case 2:
        boolean v6 = from.contains(":");
        return ip.icmp(answer ? v6 ? 129 : 0 : v6 ? 128 : 8, 0).echo(fromPort, 1).payload(3).build();
      default:
        return answer
            ? ip.sctp(fromPort, toPort).tag(5).init(2, 9).build()
            : ip.sctp(fromPort, toPort).tag(0).init(1, 5).build();
    }
  }
}
