package io.sluice.packet;

import io.sluice.netfilter.Family;

/**
 * The Internet checksum (RFC 1071) and its repair when covered fields change (RFC 1624).
 *
 * <p>Kernel: csum_fold() and csum_replace4() in include/net/checksum.h, inet_proto_csum_replace4() in
 * net/core/utils.c. Repairing keeps a wrong sum as wrong as it was, as the kernel does.
 */
public final class Checksums {
  private static final int HEADER = 20;

  private Checksums() {}

  /** The one's-complement sum of {@code data[from, to)} folded to 16 bits, not inverted: 0xffff when a sum is right. */
  public static int sum(byte[] data, int from, int to) {
    return fold(add(0, data, from, to));
  }

  /** Adds the 16-bit words of {@code data[from, to)}, eight bytes at a time: 32-bit words add up to the same sum. */
  static long add(long sum, byte[] data, int from, int to) {
    if (to - from == HEADER) { // most IPv4 headers, and TCP headers without options or data: no loop to set up
      long first = Packet.u64(data, from);
      long second = Packet.u64(data, from + 8);
      return sum + (first >>> 32) + (first & 0xffff_ffffL) + (second >>> 32) + (second & 0xffff_ffffL)
          + (Packet.u32(data, from + 16) & 0xffff_ffffL);
    }
    int i = from;
    for (; i + 8 <= to; i += 8) {
      long word = Packet.u64(data, i);
      sum += (word >>> 32) + (word & 0xffff_ffffL);
    }
    if (i + 4 <= to) {
      sum += Packet.u32(data, i) & 0xffff_ffffL;
      i += 4;
    }
    if (i + 2 <= to) {
      sum += Packet.u16(data, i);
      i += 2;
    }
    if (i < to) {
      sum += (data[i] & 0xff) << 8;
    }
    return sum;
  }

  static int fold(long sum) {
    long folded = (sum & 0xffff_ffffL) + (sum >>> 32);
    while (folded >>> 16 != 0) {
      folded = (folded & 0xffff) + (folded >>> 16);
    }
    return (int) folded;
  }

  /** Repairs the 16-bit checksum at {@code offset} after a covered 16-bit word changed. */
  public static void replace16(Packet p, int offset, int before, int after) {
    // 0xffff is one's-complement zero. With it the sum is never 0, so that the result is never the "negative zero"
    // 0xffff: the kernel subtracts a zero-extended 32-bit word, whose upper half of ones has the same effect.
    long sum = 0xffffL + (~p.u16(offset) & 0xffff) + (~before & 0xffff) + (after & 0xffff);
    p.putU16(offset, ~fold(sum));
  }

  /** Repairs the 16-bit checksum at {@code offset} after a covered 32-bit word changed. */
  public static void replace32(Packet p, int offset, int before, int after) {
    long sum = 0xffffL + (~p.u16(offset) & 0xffff) + (~before >>> 16) + (~before & 0xffff) + (after >>> 16)
        + (after & 0xffff);
    p.putU16(offset, ~fold(sum));
  }

  /**
   * Repairs the packet's transport checksum after one of its addresses changed: what the pseudo header covers. Nothing
   * happens where there is no such checksum (ICMP, SCTP, GRE ..., UDP without one), in a fragment that is not the
   * first, and in a packet cut short before the checksum.
   */
  public static void replaceAddress(Packet p, long beforeHi, long beforeLo, long afterHi, long afterLo) {
    if (p.fragmentOffset() == 0) {
      replaceAddress(p, p.protocol(), p.transportOffset(), p.length(), beforeHi, beforeLo, afterHi, afterLo);
    }
  }

  /**
   * The same for a transport header anywhere in the bytes, such as in the packet that an ICMP error quotes.
   *
   * @param transport where the transport header starts
   * @param end where the bytes end
   */
  public static void replaceAddress(
      Packet p, int protocol, int transport, int end, long beforeHi, long beforeLo, long afterHi, long afterLo) {
    int at = TransportChecksums.offset(protocol);
    if (at < 0 || protocol == Protocols.ICMP || !isThere(p, protocol, transport, end)) {
      return;
    }
    int offset = transport + at;
    if (p.family() == Family.IPV6) {
      replace32(p, offset, (int) (beforeHi >>> 32), (int) (afterHi >>> 32));
      replace32(p, offset, (int) beforeHi, (int) afterHi);
      replace32(p, offset, (int) (beforeLo >>> 32), (int) (afterLo >>> 32));
    }
    replace32(p, offset, (int) beforeLo, (int) afterLo);
    avoidZero(p, protocol, offset);
  }

  /**
   * Writes a 16-bit word of the transport header (a port, an ICMP id) at {@code offset} and repairs the transport
   * checksum, if there is one and it is within the packet. SCTP's sum is computed afresh, as by sctp_manip_pkt().
   */
  public static void replaceTransport16(Packet p, int protocol, int transport, int end, int offset, int value) {
    int before = p.u16(offset);
    p.putU16(offset, value);
    if (protocol == Protocols.SCTP) {
      if (transport + 12 <= end) {
        TransportChecksums.computeSctp(p.data(), transport, end);
      }
      return;
    }
    int at = TransportChecksums.offset(protocol);
    if (at >= 0 && isThere(p, protocol, transport, end)) {
      replace16(p, transport + at, before, value);
      avoidZero(p, protocol, transport + at);
    }
  }

  private static boolean isThere(Packet p, int protocol, int transport, int end) {
    int at = TransportChecksums.offset(protocol);
    // A UDP sum of 0 means "none" (RFC 768).
    return transport + at + 2 <= end && (protocol != Protocols.UDP || p.u16(transport + at) != 0);
  }

  /** CSUM_MANGLED_0: a UDP sum that comes out as 0 is written as 0xffff. */
  private static void avoidZero(Packet p, int protocol, int offset) {
    if ((protocol == Protocols.UDP || protocol == Protocols.UDPLITE) && p.u16(offset) == 0) {
      p.putU16(offset, 0xffff);
    }
  }
}
