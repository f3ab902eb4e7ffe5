package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class HostileBytesProperties {

  /** Packets with bytes changed at random and ends cut off pass tracker, helpers and NAT without an exception. */
  @Property(tries = 300, seed = "1")
  void nothingThrowsWhateverTheBytes(@ForAll long seed) {
    Random random = new Random(seed);
    Clock clock = new Clock();
    Conntrack conntrack = new Conntrack(Sysctls.of(Map.of("net.netfilter.nf_conntrack_checksum", "0",
        "net.netfilter.nf_conntrack_dccp_loose", "1", "net.netfilter.nf_conntrack_max", "20")), clock,
        new SplittableRandom(seed));
    List<byte[]> seen = new ArrayList<>();
    Packet p = new Packet();
    CtRef ref = new CtRef();
    for (int i = 0; i < 200; i++) {
      clock.advanceTo(clock.nanos() + random.nextInt(2_000_000_000));
      byte[] bytes = mutate(packet(random, seen), random);
      p.load(bytes, bytes.length);
      if (!p.hasValidHeader()) {
        continue;
      }
      ref.clear();
      if (random.nextInt(3) == 0) {
        ref.setTemplate(Connection.template(Zone.of(random.nextInt(3)), Optional.of(random.nextBoolean() ? "ftp" : "tftp")));
      }
      Nat nat = conntrack.nat();
      Hook first = random.nextBoolean() ? Hook.PREROUTING : Hook.OUTPUT;
      if (conntrack.in(p, ref, first, i) == Verdict.ACCEPT
          && nat.packet(p, ref, first, 0, () -> bind(nat, ref, p, first, random)) == Verdict.ACCEPT
          && nat.packet(p, ref, Hook.POSTROUTING, 1 + random.nextInt(2), () -> bind(nat, ref, p, Hook.POSTROUTING, random))
          == Verdict.ACCEPT) {
        conntrack.confirm(p, ref, false);
      }
      seen.add(p.toBytes());
    }
    assertEquals(conntrack.list().size(), conntrack.count());
  }

  private static Verdict bind(Nat nat, CtRef ref, Packet p, Hook hook, Random random) {
    if (random.nextBoolean()) {
      return Verdict.ACCEPT;
    }
    Optional<IpAddress> address = Optional.of(random.nextBoolean() ? p.source() : p.destination());
    return nat.setup(ref.connection(), new NatRange(address, address, 1, 3, 2, random.nextBoolean(), false, false, false,
        random.nextBoolean()), Nat.manip(hook));
  }

  private static byte[] packet(Random random, List<byte[]> seen) {
    boolean v6 = random.nextInt(3) == 0;
    String a = v6 ? "fd00::1" : "10.0.0.1";
    String b = v6 ? "fd00::2" : "10.0.0.2";
    boolean back = random.nextBoolean();
    PacketBuilder ip = PacketBuilder.from(back ? b : a, back ? a : b);
    int from = back ? 21 : 1 + random.nextInt(3);
    int to = back ? 1 + random.nextInt(3) : 21;
    switch (random.nextInt(9)) {
      case 0:
        return ip.tcp(from, to).flags(random.nextInt(64)).seq(random.nextInt(3)).ack(random.nextInt(3)).sack(1, 5)
            .payload(random.nextBoolean() ? "PORT 10,0,0,1,1,1\r\n" : "227 (10,0,0,2,3,4)\n").build();
      case 1:
        return ip.udp(from, to).payload(new byte[] {0, 1, 2, 3}).build();
      case 2:
        return ip.icmp(random.nextInt(256), random.nextInt(3)).echo(random.nextInt(3), 1).payload(random.nextInt(50)).build();
      case 3:
      case 4:
        byte[] quoted = seen.isEmpty() ? new byte[30] : seen.get(random.nextInt(seen.size()));
        return ip.icmp(random.nextInt(16), 0).quote(quoted, random.nextInt(80)).build();
      case 5:
        return ip.sctp(from, to).tag(random.nextInt(2)).init(1 + random.nextInt(2), random.nextInt(2))
            .chunk(random.nextInt(16), 0, 1, 2).build();
      case 6:
        return ip.dccp(from, to, random.nextInt(12)).seq(random.nextInt(3)).build();
      case 7:
        return ip.gre(random.nextInt(4), 0x880b).bytes(0, 0, 0, random.nextInt(3)).build();
      default:
        return ip.raw(random.nextInt(256)).payload(random.nextInt(40)).build();
    }
  }

  private static byte[] mutate(byte[] packet, Random random) {
    int start = packet[0] >> 4 == 6 ? 40 : 20;
    byte[] bytes = packet.clone();
    for (int n = random.nextInt(3); n > 0 && bytes.length > start; n--) {
      bytes[start + random.nextInt(bytes.length - start)] = (byte) random.nextInt(256);
    }
    int keep = random.nextInt(4) == 0 ? random.nextInt(bytes.length - start + 1) : bytes.length - start;
    Packet p = new Packet();
    p.load(bytes, bytes.length);
    if (!p.hasValidHeader()) {
      return bytes;
    }
    return PacketBuilder.from(p.source(), p.destination()).raw(start == 40 ? bytes[6] & 0xff : bytes[9] & 0xff)
        .payload(Arrays.copyOfRange(bytes, start, start + keep)).build();
  }
}
