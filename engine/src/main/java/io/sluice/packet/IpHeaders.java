package io.sluice.packet;

import io.sluice.netfilter.Family;

/**
 * Finds the fields of IPv4 and IPv6 headers.
 *
 * <p>Kernel: ip_rcv_core() in net/ipv4/ip_input.c, ip6_rcv_core() in net/ipv6/ip6_input.c, ipv6_find_hdr() in
 * net/ipv6/exthdrs_core.c. What those check besides lengths and version is {@link Ipv6Receive}'s.
 */
final class IpHeaders {
  private IpHeaders() {}

  static void parse(Packet p) {
    p.setBrokenHeaderChain(false);
    if (p.length() > 0 && p.u8(0) >> 4 == 6) {
      parse6(p);
    } else {
      parse4(p);
    }
  }

  private static void parse4(Packet p) {
    int available = p.length();
    if (available < 20 || p.u8(0) >> 4 != 4) {
      invalid(p, Family.IPV4);
      return;
    }
    int headerLength = (p.u8(0) & 0xf) * 4;
    int total = p.u16(2);
    if (headerLength < 20 || total < headerLength || total > available
        || Checksums.sum(p.data(), 0, headerLength) != 0xffff) {
      invalid(p, Family.IPV4);
      return;
    }
    int fragment = p.u16(6);
    p.setParsed(Family.IPV4, true, p.u8(9), headerLength, headerLength, (fragment & 0x1fff) * 8,
        (fragment & 0x2000) != 0, total);
    p.setParsedAddresses(0, p.u32(12) & 0xffff_ffffL, 0, p.u32(16) & 0xffff_ffffL);
  }

  private static void parse6(Packet p) {
    int available = p.length();
    if (available < Family.IPV6.headerLength()) {
      invalid(p, Family.IPV6);
      return;
    }
    int payload = p.u16(4);
    // Length 0 before hop-by-hop options announces a jumbo payload: the packet is then as long as what came.
    int total = payload == 0 && p.u8(6) == Protocols.HOPOPT ? available : 40 + payload;
    if (total > available) {
      invalid(p, Family.IPV6);
      return;
    }
    p.setParsedAddresses(u64(p, 8), u64(p, 16), u64(p, 24), u64(p, 32));
    findTransport(p, total);
  }

  /** Walks the extension headers to the transport header, or to the first thing that ends the walk. */
  private static void findTransport(Packet p, int total) {
    int next = p.u8(6);
    int at = 40;
    boolean more = false;
    while (Ipv6Extensions.isExtension(next) && next != Protocols.IPV6_NONE) {
      boolean fragment = next == Protocols.IPV6_FRAGMENT;
      if (at + (fragment || next == Protocols.IPV6_ROUTE ? 4 : 2) > total) {
        broken(p, at, 0, more, total);
        return;
      }
      int following = p.u8(at);
      int size = Ipv6Extensions.size(p, next, at);
      if (fragment) {
        int field = p.u16(at + 2);
        more = (field & 1) != 0;
        if ((field & 0xfff8) != 0) {
          if (Ipv6Extensions.isExtension(following) && following != Protocols.IPV6_NONE) {
            broken(p, at + size, field & 0xfff8, more, total);
          } else {
            p.setParsed(Family.IPV6, true, following, 40, at + size, field & 0xfff8, more, total);
          }
          return;
        }
      }
      next = following;
      at += size;
    }
    p.setParsed(Family.IPV6, true, next, 40, at, 0, more, total);
  }

  private static void broken(Packet p, int at, int fragmentOffset, boolean more, int total) {
    p.setParsed(Family.IPV6, true, 255, 40, Math.max(at, total), fragmentOffset, more, total);
    p.setBrokenHeaderChain(true);
  }

  private static void invalid(Packet p, Family family) {
    p.setParsed(family, false, 0, 0, p.length(), 0, false, p.length());
    p.setParsedAddresses(0, 0, 0, 0);
  }

  static long u64(Packet p, int offset) {
    return Packet.u64(p.data(), offset);
  }

  /** Writes the IPv4 header checksum of a header of {@code length} bytes: ip_send_check(). */
  static void writeChecksum(byte[] data, int length) {
    data[10] = 0;
    data[11] = 0;
    int sum = ~Checksums.sum(data, 0, length);
    data[10] = (byte) (sum >> 8);
    data[11] = (byte) sum;
  }

  /** Writes an address at {@code offset}; for IPv4 the header checksum follows. */
  static void putAddress(Packet p, int offset, long hi, long lo) {
    if (p.family() == Family.IPV4) {
      int before = p.u32(offset);
      p.putU32(offset, (int) lo);
      Checksums.replace32(p, 10, before, (int) lo);
    } else {
      p.putU32(offset, (int) (hi >>> 32));
      p.putU32(offset + 4, (int) hi);
      p.putU32(offset + 8, (int) (lo >>> 32));
      p.putU32(offset + 12, (int) lo);
    }
  }
}
