package io.sluice.target;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Checksums;
import io.sluice.packet.Protocols;

/**
 * Whether a packet is sound enough to be answered.
 *
 * <p>Kernel: nf_reject_verify_csum() in include/net/netfilter/nf_reject.h, nf_checksum() in net/netfilter/utils.c. A
 * protocol that the kernel does not know is checked as if all of it were under an Internet checksum.
 */
final class RejectChecksum {
  private RejectChecksum() {}

  /** Whether the packet's checksum is right, or of a kind that is not checked. */
  static boolean allows(SkBuff skb, ActionParam par) {
    return !isChecked(skb, par) || isRight(skb);
  }

  private static boolean isChecked(SkBuff skb, ActionParam par) {
    int at = skb.transportOffset();
    switch (skb.protocol()) {
      case Protocols.UDP:
        return !skb.hasTransport(8) || skb.u16(at + 6) != 0;
      case Protocols.GRE:
        return !skb.hasTransport(4) || (skb.u16(at) & 0x8000) != 0;
      case Protocols.AH:
      case Protocols.ESP:
      case Protocols.SCTP:
      case Protocols.UDPLITE:
        return false;
      case Protocols.DCCP:
        return !par.net().conntrack().knowsDccp(); // with its tracker this exception went as well
      default:
        return true;
    }
  }

  /** Whether the sum over the transport part is right: with a pseudo header for TCP, UDP and everything in IPv6. */
  static boolean isRight(SkBuff skb) {
    int from = Math.min(skb.transportOffset(), skb.length());
    int protocol = skb.protocol();
    if (skb.family() == Family.IPV4 && protocol != Protocols.TCP && protocol != Protocols.UDP) {
      int sum = Checksums.sum(skb.data(), from, skb.length());
      return sum == 0xffff || sum == 0; // nothing but zeroes sums up to 0, which is as good
    }
    return (pseudoHeader(skb, skb.length() - from, protocol) + Checksums.sum(skb.data(), from, skb.length())) % 0xffff
        == 0;
  }

  /** The sum of addresses, length and protocol, not folded. */
  static long pseudoHeader(SkBuff skb, int length, int protocol) {
    return halves(skb.srcHi()) + halves(skb.srcLo()) + halves(skb.dstHi()) + halves(skb.dstLo()) + length + protocol;
  }

  private static long halves(long word) {
    return (word >>> 48) + (word >>> 32 & 0xffff) + (word >>> 16 & 0xffff) + (word & 0xffff);
  }
}
