package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.zip.CRC32C;

/**
 * Transport checksums as conntrack and NAT verify and compute them: nf_ip_checksum(), nf_ip6_checksum(),
 * nf_checksum_partial() in net/netfilter/utils.c, sctp_compute_cksum().
 *
 * <p>The caller has checked that the transport header is there.
 */
final class TransportChecksums {
  private TransportChecksums() {}

  static boolean tcpHolds(Packet p) {
    return holds(p, p.length(), Protocols.TCP);
  }

  /** A sum of 0 means "none" and is for the caller to allow. */
  static boolean udpHolds(Packet p) {
    return holds(p, p.length(), Protocols.UDP);
  }

  /** ICMP's sum covers no addresses; ICMPv6's does. */
  static boolean icmpHolds(Packet p) {
    return p.protocol() == Protocols.ICMPV6
        ? holds(p, p.length(), Protocols.ICMPV6)
        : fold(add(0, p.data(), p.transportOffset(), p.length())) == 0xffff;
  }

  /** The sum over the first {@code coverage} bytes from the transport header on, and the addresses. */
  static boolean partialHolds(Packet p, int coverage, int protocol) {
    return holds(p, p.transportOffset() + coverage, protocol);
  }

  private static boolean holds(Packet p, int to, int protocol) {
    long sum = pseudoHeader(p, p.length() - p.transportOffset(), protocol);
    return fold(add(sum, p.data(), p.transportOffset(), to)) == 0xffff;
  }

  static boolean sctpHolds(Packet p) {
    int at = p.transportOffset();
    return crc32c(p, at) == Integer.reverseBytes(p.u32(at + 8));
  }

  /** Puts the right CRC into the SCTP header at {@code at}; it covers all up to the packet's end. */
  static void putSctp(Packet p, int at) {
    p.putU32(at + 8, Integer.reverseBytes(crc32c(p, at)));
  }

  private static int crc32c(Packet p, int at) {
    CRC32C crc = new CRC32C();
    crc.update(p.data(), at, 8);
    crc.update(ZEROS, 0, 4);
    crc.update(p.data(), at + 12, p.length() - at - 12);
    return (int) crc.getValue();
  }

  private static final byte[] ZEROS = new byte[4];

  /** Computes ICMP's or ICMPv6's sum anew. */
  static void putIcmp(Packet p) {
    int at = p.transportOffset();
    p.putU16(at + 2, 0);
    long sum = p.protocol() == Protocols.ICMPV6 ? pseudoHeader(p, p.length() - at, Protocols.ICMPV6) : 0;
    p.putU16(at + 2, ~fold(add(sum, p.data(), at, p.length())));
  }

  /** Computes the sum of TCP (at offset 16) or UDP (at offset 6) anew; UDP's never comes out as 0. */
  static void putTransport(Packet p, int protocol) {
    int at = p.transportOffset();
    int field = at + (protocol == Protocols.TCP ? 16 : 6);
    p.putU16(field, 0);
    int sum = ~fold(add(pseudoHeader(p, p.length() - at, protocol), p.data(), at, p.length())) & 0xffff;
    p.putU16(field, sum == 0 && protocol == Protocols.UDP ? 0xffff : sum);
  }

  private static long pseudoHeader(Packet p, int length, int protocol) {
    long sum = length + protocol + words(p.srcLo()) + words(p.dstLo());
    return p.family() == Family.IPV6 ? sum + words(p.srcHi()) + words(p.dstHi()) : sum;
  }

  private static long words(long value) {
    return (value >>> 48) + (value >>> 32 & 0xffff) + (value >>> 16 & 0xffff) + (value & 0xffff);
  }

  private static long add(long sum, byte[] data, int from, int to) {
    int i = from;
    for (; i + 1 < to; i += 2) {
      sum += (data[i] & 0xff) << 8 | data[i + 1] & 0xff;
    }
    return i < to ? sum + ((data[i] & 0xff) << 8) : sum;
  }

  private static int fold(long sum) {
    while (sum >>> 16 != 0) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return (int) sum;
  }
}
