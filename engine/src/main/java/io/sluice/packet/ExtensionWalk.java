package io.sluice.packet;

/**
 * Finds the transport header behind the IPv6 extension headers of a packet that an ICMP error quotes: ipv6_skip_exthdr() in
 * net/ipv6/exthdrs_core.c.
 */
public final class ExtensionWalk {
  private ExtensionWalk() {}

  /**
   * Walks from the header {@code next} at {@code at}. -1 when there is no transport header or the packet ends before it;
   * else a number to take apart with {@link #offset}, {@link #protocol} and {@link #fragmentOffset}.
   */
  public static long skip(Packet p, int at, int next) {
    int fragment = 0;
    while (Ipv6Extensions.isExtension(next)) {
      if (next == Protocols.IPV6_NONE || at + 2 > p.length()) {
        return -1;
      }
      int size;
      if (next == Protocols.IPV6_FRAGMENT) {
        if (at + 4 > p.length()) {
          return -1;
        }
        fragment = p.u16(at + 2) & 0xfff8;
        if (fragment != 0) {
          break;
        }
        size = 8;
      } else if (next == Protocols.AH) {
        size = (p.u8(at + 1) + 2) * 4;
      } else {
        size = (p.u8(at + 1) + 1) * 8;
      }
      next = p.u8(at);
      at += size;
    }
    return (long) fragment << 40 | (long) next << 32 | at;
  }

  public static int offset(long found) {
    return (int) found;
  }

  public static int protocol(long found) {
    return (int) (found >>> 32) & 0xff;
  }

  public static int fragmentOffset(long found) {
    return (int) (found >>> 40);
  }
}
