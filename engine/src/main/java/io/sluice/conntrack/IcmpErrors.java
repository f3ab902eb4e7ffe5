package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;

/**
 * What is done with ICMP messages before they are looked up as queries: errors belong to the connection whose packet they
 * quote, neighbour discovery is not tracked.
 *
 * <p>Kernel: nf_conntrack_icmpv4_error(), nf_conntrack_inet_error() in net/netfilter/nf_conntrack_proto_icmp.c,
 * nf_conntrack_icmpv6_error(), nf_conntrack_icmpv6_redirect() in nf_conntrack_proto_icmpv6.c.
 */
final class IcmpErrors {
  private static final int REDIRECTED_HEADER_OPTION = 4;

  private final Conntrack conntrack;
  private final Settings settings;
  private final TupleKey quoted = new TupleKey();
  private final TupleKey answer = new TupleKey();

  IcmpErrors(Conntrack conntrack, Settings settings) {
    this.conntrack = conntrack;
    this.settings = settings;
  }

  /**
   * Handles the packet if it is an error, broken, or not to be tracked, and leaves the result in {@code ref}. False if it
   * is to be looked up as any other packet.
   */
  boolean handle(Packet p, CtRef ref, Hook hook, int originalZone, int replyZone) {
    boolean v4 = p.family() == Family.IPV4;
    if (p.protocol() != (v4 ? Protocols.ICMP : Protocols.ICMPV6)) {
      return false; // the other family's ICMP
    }
    if (!p.hasTransport(8)) {
      conntrack.invalid("ICMP header cut short");
      return true;
    }
    if (hook == Hook.PREROUTING && settings.checksum && !p.ipSummed().verify(p, hook)) {
      conntrack.invalid("bad ICMP checksum");
      return true;
    }
    int icmp = p.transportOffset();
    int type = p.u8(icmp);
    if (v4) {
      if (type > IcmpTypes.HIGHEST) {
        conntrack.invalid("unknown ICMP type");
        return true;
      }
      if (!IcmpTypes.isError4(type)) {
        return false;
      }
    } else if (IcmpTypes.isUntracked6(type)) {
      ref.setUntracked();
      return true;
    } else if (type == IcmpTypes.REDIRECT6) {
      return redirect6(p, ref, originalZone, replyZone);
    } else if (IcmpTypes.isInformational6(type)) {
      return false;
    }
    relate(p, icmp + 8, ref, originalZone, replyZone);
    return true;
  }

  private boolean redirect6(Packet p, CtRef ref, int originalZone, int replyZone) {
    int icmp = p.transportOffset();
    if (!p.hasTransport(40)) {
      conntrack.invalid("ICMPv6 redirect cut short");
      return true;
    }
    if (p.u8(icmp + 1) != 0) {
      return false;
    }
    if (p.ttl() != 255 || p.srcHi() >>> 54 != 0xfe80 >>> 6) {
      conntrack.invalid("ICMPv6 redirect not from a neighbour");
      return true;
    }
    if (!p.hasTransport(42) || p.u8(icmp + 41) == 0) {
      conntrack.invalid("ICMPv6 redirect without options");
      return true;
    }
    if (p.u8(icmp + 40) != REDIRECTED_HEADER_OPTION) {
      return false;
    }
    relate(p, icmp + 48, ref, originalZone, replyZone);
    return true;
  }

  /** Finds the connection of the packet quoted at {@code at}; the error must be addressed to that packet's sender. */
  private void relate(Packet p, int at, CtRef ref, int originalZone, int replyZone) {
    if (!quoted.readQuoted(p, p.family(), at, settings.dccpTracked) || !answer.setInverse(quoted)) {
      conntrack.invalid("ICMP error quotes no packet that could be known");
      return;
    }
    Connection c = conntrack.lookUp(answer, originalZone, replyZone);
    if (c == null) {
      conntrack.invalid("ICMP error quotes an unknown connection");
      return;
    }
    boolean reply = conntrack.foundReply();
    if (p.dstLo() != c.dstLo(reply) || p.dstHi() != c.dstHi(reply)) {
      conntrack.invalid("ICMP error is not for the sender of the packet that it quotes");
      return;
    }
    ref.set(c, reply ? CtInfo.RELATED_REPLY : CtInfo.RELATED);
  }
}
