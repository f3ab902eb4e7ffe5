package io.sluice.packet;

import io.sluice.netfilter.Family;
import java.util.zip.CRC32C;

/**
 * Whole transport checksums: computing and verifying them.
 *
 * <p>Kernel: nf_checksum() and nf_checksum_partial() in net/netfilter/utils.c, sctp_compute_cksum() in
 * include/net/sctp/checksum.h.
 */
public final class TransportChecksums {
  private static final byte[] FOUR_ZEROS = new byte[4];

  private TransportChecksums() {}

  /** Where in the transport header the Internet checksum stands; -1 for protocols that have none (SCTP's is another). */
  public static int offset(int protocol) {
    switch (protocol) {
      case Protocols.TCP:
        return 16;
      case Protocols.UDP:
      case Protocols.UDPLITE:
      case Protocols.DCCP:
        return 6;
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        return 2;
      default:
        return -1;
    }
  }

  /**
   * Whether the packet's transport checksum is right, as conntrack asks at PREROUTING. True for protocols without one
   * and for a UDP sum of 0 over IPv4 and IPv6 alike; false for UDP-Lite's, which is never 0. False if the header is cut
   * short or the checksum coverage lies. The packet must be whole, not a fragment.
   */
  public static boolean verify(Packet p) {
    int at = p.transportOffset();
    int end = p.length();
    int protocol = p.protocol();
    switch (protocol) {
      case Protocols.SCTP:
        return at + 12 <= end && p.u32(at + 8) == Integer.reverseBytes(crc32c(p.data(), at, end));
      case Protocols.ICMP:
        return at + 4 <= end && Checksums.sum(p.data(), at, end) == 0xffff;
      case Protocols.UDP:
        return at + 8 <= end && (p.u16(at + 6) == 0 || Checksums.fold(sum(p, protocol, at, end, end)) == 0xffff);
      case Protocols.UDPLITE:
      case Protocols.DCCP:
        int covered = coveredEnd(p, protocol, at, end);
        return covered >= 0 && (protocol == Protocols.DCCP || p.u16(at + 6) != 0)
            && Checksums.fold(sum(p, protocol, at, covered, end)) == 0xffff;
      case Protocols.TCP:
      case Protocols.ICMPV6:
        return at + offset(protocol) + 2 <= end && Checksums.fold(sum(p, protocol, at, end, end)) == 0xffff;
      default:
        return true;
    }
  }

  /** Writes the right transport checksum, if the protocol has one and the header is long enough. */
  public static void compute(Packet p) {
    int at = p.transportOffset();
    int end = p.length();
    int protocol = p.protocol();
    if (protocol == Protocols.SCTP) {
      if (at + 12 <= end) {
        computeSctp(p.data(), at, end);
      }
      return;
    }
    int field = offset(protocol);
    if (field < 0 || at + field + 2 > end) {
      return;
    }
    int covered = protocol == Protocols.UDPLITE || protocol == Protocols.DCCP ? coveredEnd(p, protocol, at, end) : end;
    if (covered < 0) {
      return;
    }
    p.putU16(at + field, 0);
    long sum = protocol == Protocols.ICMP
        ? Checksums.add(0, p.data(), at, end) : sum(p, protocol, at, covered, end);
    int value = ~Checksums.fold(sum) & 0xffff;
    boolean neverZero = protocol == Protocols.UDP || protocol == Protocols.UDPLITE;
    p.putU16(at + field, value == 0 && neverZero ? 0xffff : value);
  }

  static void computeSctp(byte[] data, int at, int end) {
    int crc = Integer.reverseBytes(crc32c(data, at, end));
    data[at + 8] = (byte) (crc >> 24);
    data[at + 9] = (byte) (crc >> 16);
    data[at + 10] = (byte) (crc >> 8);
    data[at + 11] = (byte) crc;
  }

  /** The CRC of an SCTP packet, its own field taken as zero; it stands in the packet least significant byte first. */
  private static int crc32c(byte[] data, int at, int end) {
    CRC32C crc = new CRC32C();
    crc.update(data, at, 8);
    crc.update(FOUR_ZEROS, 0, 4);
    crc.update(data, at + 12, end - at - 12);
    return (int) crc.getValue();
  }

  /** Where the bytes end that the sum covers; -1 when the header is too short or the field lies. */
  private static int coveredEnd(Packet p, int protocol, int at, int end) {
    if (protocol == Protocols.UDPLITE) {
      if (at + 8 > end) {
        return -1;
      }
      int coverage = p.u16(at + 4);
      return coverage == 0 ? end : coverage < 8 || at + coverage > end ? -1 : at + coverage;
    }
    if (at + 12 > end) {
      return -1;
    }
    int coverage = p.u8(at + 5) & 0xf;
    if (coverage == 0) {
      return end;
    }
    // RFC 4340 section 9.2: the header with its options, then (coverage - 1) words of data.
    int covered = at + p.u8(at + 4) * 4 + (coverage - 1) * 4;
    return p.u8(at + 4) < 3 || covered > end ? -1 : covered;
  }

  /** The sum of the pseudo header and of {@code [at, covered)}; the pseudo header's length goes to {@code end}. */
  private static long sum(Packet p, int protocol, int at, int covered, int end) {
    return Checksums.add(pseudoHeader(p, protocol, end - at), p.data(), at, covered);
  }

  /** The sum, not folded, of addresses, length and protocol. */
  static long pseudoHeader(Packet p, int protocol, int length) {
    long sum = protocol + (length >>> 16) + (length & 0xffff);
    return p.family() == Family.IPV4 ? sum + p.srcLo() + p.dstLo() : Checksums.add(sum, p.data(), 8, 40);
  }
}
