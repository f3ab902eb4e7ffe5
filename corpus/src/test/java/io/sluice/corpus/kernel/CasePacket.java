package io.sluice.corpus.kernel;

import io.sluice.conntrack.Conntrack;
import io.sluice.host.Network;
import io.sluice.match.PacketNotation;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.packet.Checksums;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * The bytes of a packet of a {@code .cases} file, with a number in them by which rules can tell it from all others: the
 * identification of IPv4, the flow label of IPv6.
 */
final class CasePacket {
  /** Packets that come before a case's own, in its zone, have this added to their number. */
  static final int CARRIED = 0x8000;
  private static final int MAX_NUMBER = 0xffff;
  private static final Network LOOPBACK_ONLY = Network.loopbackOnly();

  private CasePacket() {}

  static byte[] bytes(PacketNotation notation, int number) {
    return numbered(skb(notation).toBytes(), number);
  }

  static SkBuff skb(PacketNotation notation) {
    return notation.build(new Conntrack(LOOPBACK_ONLY.sysctls(), new Clock(), new SplittableRandom(1)));
  }

  /** Writes the number into a packet. */
  static byte[] numbered(byte[] packet, int number) {
    if (number > MAX_NUMBER) {
      throw new IllegalArgumentException("more packets than numbers: " + number);
    }
    if (packet[0] >> 4 == 4) {
      packet[4] = (byte) (number >> 8);
      packet[5] = (byte) number;
      int length = (packet[0] & 0xf) * 4;
      packet[10] = 0;
      packet[11] = 0;
      int sum = ~Checksums.sum(packet, 0, length);
      packet[10] = (byte) (sum >> 8);
      packet[11] = (byte) sum;
    } else {
      packet[1] = (byte) (packet[1] & 0xf0);
      packet[2] = (byte) (number >> 8);
      packet[3] = (byte) number;
    }
    return packet;
  }

  /** The match that holds for packets of these numbers alone. */
  static String match(Family family, int... numbers) {
    return "-m u32 --u32 \"" + (family == Family.IPV4 ? "0x2&0xffff" : "0x0&0xfffff") + "="
        + Arrays.stream(numbers).mapToObj(n -> String.format("0x%x", n)).collect(Collectors.joining(",")) + "\"";
  }

  /** Makes the transport checksum wrong, where there is one that is not cut off, so that connection tracking finds the packet INVALID. */
  static void spoilChecksum(byte[] bytes) {
    Packet p = new Packet();
    p.load(bytes, bytes.length);
    p.parse();
    int field = switch (p.protocol()) {
      case Protocols.TCP -> 16;
      case Protocols.UDP -> 6;
      case Protocols.ICMP, Protocols.ICMPV6 -> 2;
      default -> -1;
    };
    int at = p.transportOffset() + field;
    if (field >= 0 && at + 2 <= p.length()) {
      int wrong = p.u16(at) ^ 0x5555;
      p.putU16(at, wrong == 0 ? 1 : wrong);
    }
  }
}
