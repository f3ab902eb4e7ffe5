package io.sluice.packet;

/**
 * The extension headers of an IPv6 packet.
 *
 * <p>Kernel: ipv6_ext_hdr(), ipv6_find_hdr() and ipv6_skip_exthdr() in net/ipv6/exthdrs_core.c.
 */
public final class Ipv6Extensions {
  /** {@link #find}: the packet has no such header (-ENOENT). */
  public static final int ABSENT = -1;
  /** {@link #find}: the chain of headers is cut short before it could be found (-EBADMSG). */
  public static final int BROKEN = -2;

  private Ipv6Extensions() {}

  /** Whether a header number can stand between the IPv6 header and the transport header; "no next header" counts. */
  public static boolean isExtension(int header) {
    switch (header) {
      case Protocols.HOPOPT:
      case Protocols.IPV6_ROUTE:
      case Protocols.IPV6_FRAGMENT:
      case Protocols.AH:
      case Protocols.IPV6_NONE:
      case Protocols.IPV6_DESTINATION:
        return true;
      default:
        return false;
    }
  }

  /** The length in bytes of the extension header {@code header} at {@code at}, of which two bytes are there. */
  public static int size(Packet p, int header, int at) {
    switch (header) {
      case Protocols.IPV6_FRAGMENT:
        return 8;
      case Protocols.AH:
        return (p.u8(at + 1) + 2) * 4;
      default:
        return (p.u8(at + 1) + 1) * 8;
    }
  }

  /**
   * The protocol as nftables sees it, for which an authentication header is no extension but the transport
   * (IP6_FH_F_AUTH). The chain of headers is whole.
   */
  public static int protocolBeforeAh(Packet p) {
    return find(p, Protocols.AH) >= 0 ? Protocols.AH : p.protocol();
  }

  /**
   * Where the first header of number {@code target} starts: the offset of an extension or transport header, {@link
   * #ABSENT} or {@link #BROKEN}. Nothing is found behind the header of a fragment that is not the first.
   */
  public static int find(Packet p, int target) {
    int next = p.u8(6);
    int at = 40;
    while (true) {
      boolean found = next == target;
      if (!isExtension(next) || next == Protocols.IPV6_NONE) {
        return found ? at : ABSENT;
      }
      int needed = next == Protocols.IPV6_ROUTE || next == Protocols.IPV6_FRAGMENT ? 4 : 2;
      if (at + needed > p.length()) {
        return BROKEN;
      }
      if (next == Protocols.IPV6_FRAGMENT && (p.u16(at + 2) & 0xfff8) != 0) {
        return found ? at : ABSENT;
      }
      if (found) {
        return at;
      }
      int size = size(p, next, at);
      next = p.u8(at);
      at += size;
    }
  }
}
