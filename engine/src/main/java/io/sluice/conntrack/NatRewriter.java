package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Checksums;
import io.sluice.packet.ExtensionWalk;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import io.sluice.packet.TransportChecksums;

/**
 * Rewrites packets, and the packets that ICMP errors quote, to a tuple. Checksums that were right stay right, and wrong
 * ones wrong by as much, as they are repaired and not computed anew (SCTP's, and ICMP errors', are computed).
 *
 * <p>Kernel: nf_nat_manip_pkt(), nf_nat_ipv4_manip_pkt(), nf_nat_ipv6_manip_pkt(), l4proto_manip_pkt(),
 * nf_nat_icmp_reply_translation(), nf_nat_icmpv6_reply_translation() in net/netfilter/nf_nat_proto.c.
 */
final class NatRewriter {
  private final boolean dccp;
  private final TupleKey target = new TupleKey();
  private final TupleKey other = new TupleKey();

  NatRewriter(boolean dccp) {
    this.dccp = dccp;
  }

  /** Makes a packet of the given direction look like the inverse of the other direction; false if it is cut short. */
  boolean rewrite(Packet p, Connection c, boolean reply, NatRange.Manip manip) {
    other.set(c, !reply);
    target.setInverse(other);
    if (p.leadsToTransport() && !rewriteTransport(p, target.protocol(), p.transportOffset(), 0, manip)) {
      return false;
    }
    rewriteAddress(p, manip);
    return true;
  }

  /**
   * Translates an ICMP error: the packet that it quotes, its checksum, and its own address. False where the error must be
   * dropped: cut short, with a bad checksum, or a redirect of a translated connection.
   */
  boolean rewriteError(Packet p, Connection c, boolean reply, Hook hook) {
    int icmp = p.transportOffset();
    boolean v4 = p.family() == Family.IPV4;
    int quotedHeader = v4 ? 20 : 40;
    if (!p.hasTransport(8 + quotedHeader)) {
      return false;
    }
    p.ensureLinear(icmp + 8 + quotedHeader);
    if (!p.ipSummed().verify(p, hook)) {
      return false;
    }
    if (p.u8(icmp) == (v4 ? IcmpTypes.REDIRECT : IcmpTypes.REDIRECT6)
        && (!c.has(CtStatus.NAT_DONE_MASK) || (c.status & CtStatus.NAT_MASK) != 0)) {
      return false;
    }
    NatRange.Manip manip = Nat.manip(hook);
    boolean source = manip == NatRange.Manip.SOURCE;
    if (!c.has(source != reply ? CtStatus.SRC_NAT : CtStatus.DST_NAT)) {
      return true;
    }
    target.set(c, !reply);
    if (!rewriteQuoted(p, icmp + 8, source ? NatRange.Manip.DESTINATION : NatRange.Manip.SOURCE)) {
      return false;
    }
    TransportChecksums.compute(p);
    other.set(c, !reply);
    target.setInverse(other);
    if (!rewriteTransport(p, v4 ? Protocols.ICMP : Protocols.ICMPV6, icmp, 0, manip)) {
      return false;
    }
    rewriteAddress(p, manip);
    return true;
  }

  private void rewriteAddress(Packet p, NatRange.Manip manip) {
    if (manip == NatRange.Manip.SOURCE) {
      p.setSource(target.srcHi, target.srcLo);
    } else {
      p.setDestination(target.dstHi, target.dstLo);
    }
  }

  private boolean rewriteQuoted(Packet p, int ip, NatRange.Manip manip) {
    boolean v4 = p.family() == Family.IPV4;
    boolean source = manip == NatRange.Manip.SOURCE;
    if (v4) {
      int transport = ip + (p.u8(ip) & 0xf) * 4;
      if (!rewriteTransport(p, target.protocol(), transport, ip, manip)) {
        return false;
      }
      int field = ip + (source ? 12 : 16);
      int value = (int) (source ? target.srcLo : target.dstLo);
      Checksums.replace32(p, ip + 10, p.u32(field), value);
      p.putU32(field, value);
      return true;
    }
    long found = ExtensionWalk.skip(p, ip + 40, p.u8(ip + 6));
    if (found >= 0 && ExtensionWalk.fragmentOffset(found) == 0
        && !rewriteTransport(p, target.protocol(), ExtensionWalk.offset(found), ip, manip)) {
      return false;
    }
    int field = ip + (source ? 8 : 24);
    putU64(p, field, source ? target.srcHi : target.dstHi);
    putU64(p, field + 8, source ? target.srcLo : target.dstLo);
    return true;
  }

  private static void putU64(Packet p, int at, long value) {
    p.putU32(at, (int) (value >>> 32));
    p.putU32(at + 4, (int) value);
  }

  /**
   * Rewrites the transport header at {@code at} of the IP header at {@code ip}, whose address is still the old one.
   *
   * @param protocol what the connection's tuple says the header is, which the kernel goes by
   */
  private boolean rewriteTransport(Packet p, int protocol, int at, int ip, NatRange.Manip manip) {
    boolean source = manip == NatRange.Manip.SOURCE;
    int available = p.length() - at;
    int port = source ? target.srcId : target.dstId;
    int portAt = at + (source ? 0 : 2);
    switch (protocol) {
      case Protocols.TCP:
        return rewritePort(p, protocol, at, 20, ip, portAt, port, source);
      case Protocols.UDP:
      case Protocols.UDPLITE:
        return rewritePort(p, protocol, at, 8, ip, portAt, port, source);
      case Protocols.DCCP:
        return !dccp || rewritePort(p, protocol, at, 12, ip, portAt, port, source);
      case Protocols.SCTP:
        return rewritePort(p, protocol, at, 12, ip, portAt, port, source);
      case Protocols.ICMP:
        if (available < 8) {
          return false;
        }
        p.ensureLinear(at + 8);
        if (IcmpTypes.answer4(p.u8(at)) >= 0) {
          Checksums.replaceTransport16(p, protocol, at, p.length(), at + 4, target.srcId);
        }
        return true;
      case Protocols.ICMPV6:
        if (available < 8) {
          return false;
        }
        p.ensureLinear(at + 8);
        replaceAddress(p, protocol, at, ip, source);
        if (p.u8(at) == 128 || p.u8(at) == 129) {
          Checksums.replaceTransport16(p, protocol, at, p.length(), at + 4, target.srcId);
        }
        return true;
      case Protocols.GRE:
        return rewriteGre(p, at, available, source);
      default:
        return true;
    }
  }

  /** @param whole the header's length: a quoted header that is shorter, but has eight bytes, keeps its checksum */
  private boolean rewritePort(
      Packet p, int protocol, int at, int whole, int ip, int portAt, int port, boolean source) {
    int available = p.length() - at;
    p.ensureLinear(at + (available < whole ? 8 : whole));
    if (available < whole) {
      if (available >= 8) {
        p.putU16(portAt, port);
      }
      return available >= 8;
    }
    replaceAddress(p, protocol, at, ip, source);
    Checksums.replaceTransport16(p, protocol, at, p.length(), portAt, port);
    return true;
  }

  /** The key of a PPTP call stands for its destination only; plain GRE has nothing to rewrite. */
  private boolean rewriteGre(Packet p, int at, int available, boolean source) {
    if (available < 8) {
      return false;
    }
    p.ensureLinear(at + 8);
    if (source) {
      return true;
    }
    int version = p.u16(at) & 7;
    if (version == 1) {
      p.putU16(at + 6, target.dstId);
    }
    return version <= 1;
  }

  private void replaceAddress(Packet p, int protocol, int at, int ip, boolean source) {
    boolean v4 = p.family() == Family.IPV4;
    int field = ip + (v4 ? source ? 12 : 16 : source ? 8 : 24);
    long hi = v4 ? 0 : (long) p.u32(field) << 32 | p.u32(field + 4) & 0xffff_ffffL;
    long lo = v4
        ? p.u32(field) & 0xffff_ffffL
        : (long) p.u32(field + 8) << 32 | p.u32(field + 12) & 0xffff_ffffL;
    long newHi = source ? target.srcHi : target.dstHi;
    long newLo = source ? target.srcLo : target.dstLo;
    Checksums.replaceAddress(p, protocol, at, p.length(), hi, lo, newHi, newLo);
    if (v4) {
      p.ipSummed().addressReplaced((int) lo, (int) newLo);
    }
  }
}
