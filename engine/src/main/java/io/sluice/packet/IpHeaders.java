package io.sluice.packet;

import io.sluice.netfilter.Family;

/**
 * Finds the fields of IPv4 and IPv6 headers.
 *
 * <p>Kernel: ip_rcv_core() in net/ipv4/ip_input.c, ip6_rcv_core() in net/ipv6/ip6_input.c, ipv6_find_hdr() in
 * net/ipv6/exthdrs_core.c.
 */
final class IpHeaders {
  private IpHeaders() {}

  static void parse(Packet p) {
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
    if (available < 40) {
      invalid(p, Family.IPV6);
      return;
    }
    int total = 40 + p.u16(4);
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
    int fragmentOffset = 0;
    boolean more = false;
    while (isExtension(next) && at + 8 <= total) {
      int size;
      int following = p.u8(at);
      if (next == Protocols.IPV6_FRAGMENT) {
        int field = p.u16(at + 2);
        fragmentOffset = field & 0xfff8;
        more = (field & 1) != 0;
        size = 8;
        if (fragmentOffset != 0) {
          next = following;
          at += size;
          break;
        }
      } else {
        size = next == Protocols.AH ? (p.u8(at + 1) + 2) * 4 : (p.u8(at + 1) + 1) * 8;
      }
      next = following;
      at += size;
    }
    p.setParsed(Family.IPV6, true, next, 40, at, fragmentOffset, more, total);
  }

  /** ipv6_ext_hdr(): what can stand between the IPv6 header and the transport header. */
  static boolean isExtension(int header) {
    return header == Protocols.HOPOPT || header == Protocols.IPV6_ROUTE || header == Protocols.IPV6_FRAGMENT
        || header == Protocols.AH || header == Protocols.IPV6_DESTINATION;
  }

  private static void invalid(Packet p, Family family) {
    p.setParsed(family, false, 0, 0, p.length(), 0, false, p.length());
    p.setParsedAddresses(0, 0, 0, 0);
  }

  static long u64(Packet p, int offset) {
    return (long) p.u32(offset) << 32 | p.u32(offset + 4) & 0xffff_ffffL;
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
