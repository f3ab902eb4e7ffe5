package io.sluice.target;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
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
    return skb.ipSummed().isUnnecessary() || !isChecked(skb, par) || skb.ipSummed().verify(skb, par.hook());
  }

  private static boolean isChecked(SkBuff skb, ActionParam par) {
    switch (skb.protocol()) {
      case Protocols.UDP:
        return !skb.hasTransport(8) || skb.u16(skb.transportOffset() + 6) != 0;
      case Protocols.GRE:
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
}
