package io.sluice.cli;

import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import io.sluice.packet.TransportChecksums;
import java.util.Arrays;

/**
 * Packets whose end the capture left out ({@code tcpdump -s}). The host had them whole: zeros stand for what is missing,
 * and the transport checksum is made to agree, since nobody can say any more that it did not.
 */
final class CutPackets {
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;

  private CutPackets() {}

  /** The packet at the length that its IP header tells; as it is when there is not even a whole header. */
  static byte[] complete(byte[] cut) {
    int length = toldLength(cut);
    if (length <= cut.length) {
      return cut;
    }
    byte[] whole = Arrays.copyOf(cut, length);
    Packet packet = new Packet();
    packet.load(whole, length);
    boolean noSum = packet.protocol() == Protocols.UDP && packet.hasTransport(8) && packet.u16(packet.transportOffset() + 6) == 0;
    if (packet.hasValidHeader() && !packet.isFragment() && !noSum) {
      TransportChecksums.compute(packet);
    }
    return whole;
  }

  private static int toldLength(byte[] packet) {
    int version = packet.length == 0 ? 0 : (packet[0] & 0xf0) >> 4;
    if (version == 4 && packet.length >= IPV4_HEADER) {
      return u16(packet, 2);
    }
    return version == 6 && packet.length >= IPV6_HEADER ? IPV6_HEADER + u16(packet, 4) : 0;
  }

  private static int u16(byte[] packet, int at) {
    return (packet[at] & 0xff) << 8 | packet[at + 1] & 0xff;
  }
}
