package io.sluice.pipeline;

import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Defragmenter;
import io.sluice.packet.Ipv6Extensions;
import io.sluice.packet.Protocols;

/**
 * Joins fragments where the kernel does: before raw, for conntrack, and before INPUT for the host itself.
 *
 * <p>Kernel: ipv4_conntrack_defrag() in net/ipv4/netfilter/nf_defrag_ipv4.c, ipv6_defrag() in
 * net/ipv6/netfilter/nf_defrag_ipv6_hooks.c, ip_local_deliver() in net/ipv4/ip_input.c.
 */
final class Reassembler {
  /** enum ip_defrag_users: whose fragments; the zone is added to those of conntrack. */
  private static final int LOCAL_DELIVER = 0;
  private static final int CONNTRACK_IN = 1 << 17;
  private static final int CONNTRACK_OUT = 1 << 18;

  private final Defragmenter defragmenter;

  Reassembler(Defragmenter defragmenter) {
    this.defragmenter = defragmenter;
  }

  /** In PREROUTING and OUTPUT. Returns whether a packet goes on: a whole one, or one that was no fragment. */
  boolean gather(Hook hook, Passage passage, NetDevice in) {
    SkBuff skb = passage.skb();
    if (!hasFragmentHeader(skb) || skb.ct().isTracked()) {
      return true;
    }
    int zone = skb.ct().isTemplate() ? skb.ct().connection().zone().id() : 0;
    int user = (hook == Hook.OUTPUT ? CONNTRACK_OUT : CONNTRACK_IN) + zone;
    return join(hook, passage, user, in);
  }

  /** Whether there is something to join or to take off: an IPv6 fragment may also be the whole packet (RFC 6946). */
  private static boolean hasFragmentHeader(SkBuff skb) {
    if (skb.family() == Family.IPV4) {
      return skb.isFragment();
    }
    return skb.transportOffset() != skb.headerLength()
        && (skb.isFragment() || Ipv6Extensions.find(skb, Protocols.IPV6_FRAGMENT) >= 0);
  }

  /** For local delivery, when nobody has joined them before. */
  boolean gatherForDelivery(Passage passage) {
    SkBuff skb = passage.skb();
    return skb.family() != Family.IPV4 || !skb.isFragment() || join(null, passage, LOCAL_DELIVER, skb.in());
  }

  private boolean join(Hook hook, Passage passage, int user, NetDevice in) {
    switch (defragmenter.offer(passage.skb(), user, in == null ? 0 : in.index())) {
      case QUEUED:
        passage.stopped(hook, Fate.DROPPED, "fragment: kept until the others come");
        return false;
      case DROPPED:
        passage.stopped(hook, Fate.DROPPED, "fragment: does not fit with the others");
        return false;
      default:
        return true;
    }
  }
}
