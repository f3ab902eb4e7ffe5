package io.sluice.packet;

import java.util.OptionalInt;

/**
 * What an IPv6 packet that comes in must satisfy beyond lengths and version before PREROUTING sees it: its addresses and
 * its hop-by-hop options.
 *
 * <p>Kernel: ip6_rcv_core() in net/ipv6/ip6_input.c, ipv6_parse_hopopts() and ip6_parse_tlv() in net/ipv6/exthdrs.c.
 */
public final class Ipv6Receive {
  private static final int PAD1 = 0;
  private static final int PADN = 1;
  private static final int ROUTER_ALERT = 5;
  private static final int IOAM = 49;
  private static final int CALIPSO = 7;
  private static final int JUMBO = 194;

  private Ipv6Receive() {}

  /**
   * Whether the addresses may be those of a packet that came in by a device.
   *
   * @param loopback whether that device is the loopback device
   */
  public static boolean acceptsAddresses(Packet p, boolean loopback) {
    if (!loopback && (isLoopback(p.srcHi(), p.srcLo()) || isLoopback(p.dstHi(), p.dstLo()))) {
      return false;
    }
    if (isMulticast(p.dstHi())) {
      int scope = (int) (p.dstHi() >>> 48) & 0xf;
      if (scope == 0 || scope == 1 && !loopback) {
        return false;
      }
    }
    boolean mappedSource = p.srcHi() == 0 && p.srcLo() >>> 32 == 0xffffL;
    return !isMulticast(p.srcHi()) && !mappedSource;
  }

  /**
   * Whether the hop-by-hop options, if the packet begins with some, let it pass. Where they do not, {@link
   * #parameterProblem} says whether the sender is told.
   */
  public static boolean acceptsHopByHop(Packet p) {
    return p.u8(6) != Protocols.HOPOPT || hopByHop(p) == OK;
  }

  /**
   * The pointer of the ICMPv6 parameter problem ({@code code << 16 | offset}) that answers a packet which {@link
   * #acceptsHopByHop} refused; empty when it is dropped silently.
   */
  public static OptionalInt parameterProblem(Packet p) {
    int result = p.u8(6) == Protocols.HOPOPT ? hopByHop(p) : OK;
    return result >= 0 ? OptionalInt.of(result) : OptionalInt.empty();
  }

  private static final int OK = -1;
  private static final int SILENT = -2;
  private static final int UNKNOWN_OPTION = 2 << 16;
  private static final int ERRONEOUS_FIELD = 0;

  private static int hopByHop(Packet p) {
    int end = 40 + (40 + 8 <= p.length() ? (p.u8(41) + 1) * 8 : 0);
    if (end == 40 || end > p.length()) {
      return SILENT;
    }
    int at = 42;
    int padding = 0;
    while (at < end) {
      int type = p.u8(at);
      if (type == PAD1) {
        if (++padding > 7) {
          return SILENT;
        }
        at++;
        continue;
      }
      if (at + 2 > end || at + 2 + p.u8(at + 1) > end) {
        return SILENT;
      }
      int size = 2 + p.u8(at + 1);
      if (type == PADN) {
        padding += size;
        if (padding > 7 || !isZero(p, at + 2, at + size)) {
          return SILENT;
        }
      } else {
        int result = option(p, type, at);
        if (result != OK) {
          return result;
        }
        padding = 0;
      }
      at += size;
    }
    return OK;
  }

  private static int option(Packet p, int type, int at) {
    switch (type) {
      case ROUTER_ALERT:
        return p.u8(at + 1) == 2 ? OK : SILENT;
      case JUMBO:
        return jumbo(p, at);
      case IOAM:
        // Ignored unless the device takes part in IOAM; its alignment is checked all the same.
        return at % 4 == 2 && p.u8(at + 1) >= 2 ? OK : SILENT;
      case CALIPSO:
        return p.u8(at + 1) >= 8 ? OK : SILENT;
      default:
        return unknown(p, type, at);
    }
  }

  private static int jumbo(Packet p, int at) {
    if (p.u8(at + 1) != 4 || at % 4 != 2) {
      return SILENT;
    }
    long length = p.u32(at + 2) & 0xffff_ffffL;
    if (length <= 0xffff) {
      return ERRONEOUS_FIELD | at + 2;
    }
    if (p.u16(4) != 0) {
      return ERRONEOUS_FIELD | at;
    }
    return length > p.length() - 40 ? SILENT : OK;
  }

  /** The two highest bits of an option that nobody knows say what to do (RFC 8200 section 4.2). */
  private static int unknown(Packet p, int type, int at) {
    switch (type >> 6) {
      case 0:
        return OK;
      case 1:
        return SILENT;
      case 2:
        return UNKNOWN_OPTION | at;
      default:
        return isMulticast(p.dstHi()) ? SILENT : UNKNOWN_OPTION | at;
    }
  }

  private static boolean isZero(Packet p, int from, int to) {
    for (int i = from; i < to; i++) {
      if (p.u8(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLoopback(long hi, long lo) {
    return hi == 0 && lo == 1;
  }

  private static boolean isMulticast(long hi) {
    return hi >>> 56 == 0xff;
  }
}
