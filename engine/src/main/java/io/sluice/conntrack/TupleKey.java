package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.ExtensionWalk;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;

/**
 * A tuple to fill in and look up, over and over: {@link Tuple} without its allocations.
 *
 * <p>Kernel: nf_ct_get_tuple(), nf_ct_get_tuplepr() and nf_ct_invert_tuple() in net/netfilter/nf_conntrack_core.c,
 * icmp_pkt_to_tuple(), icmpv6_pkt_to_tuple(), gre_pkt_to_tuple() in nf_conntrack_proto_*.c.
 */
final class TupleKey {
  /** GRE's protocol field for PPP: the one payload of version 1 that PPTP carries. */
  private static final int GRE_PPP = 0x880b;

  private Family family = Family.IPV4;
  private int protocol;
  long srcHi;
  long srcLo;
  long dstHi;
  long dstLo;
  int srcId;
  int dstId;

  Family family() {
    return family;
  }

  int protocol() {
    return protocol;
  }

  Tuple toTuple() {
    return new Tuple(family, srcHi, srcLo, dstHi, dstLo, protocol, srcId, dstId);
  }

  void set(Tuple t) {
    family = t.family();
    protocol = t.protocol();
    srcHi = t.srcHi();
    srcLo = t.srcLo();
    dstHi = t.dstHi();
    dstLo = t.dstLo();
    srcId = t.srcId();
    dstId = t.dstId();
  }

  void set(TupleKey t) {
    family = t.family;
    protocol = t.protocol;
    srcHi = t.srcHi;
    srcLo = t.srcLo;
    dstHi = t.dstHi;
    dstLo = t.dstLo;
    srcId = t.srcId;
    dstId = t.dstId;
  }

  /** Takes a direction's tuple of a connection. */
  void set(Connection c, boolean reply) {
    family = c.family();
    protocol = c.protocol();
    srcHi = c.srcHi(reply);
    srcLo = c.srcLo(reply);
    dstHi = c.dstHi(reply);
    dstLo = c.dstLo(reply);
    srcId = c.srcId(reply);
    dstId = c.dstId(reply);
  }

  /**
   * Takes the packet's own tuple. False when it cannot have one: a later fragment, no transport header, ports cut off, GRE
   * version 1 that carries no PPP.
   *
   * @param dccp whether DCCP has ports here; else it is tracked by address like any unknown protocol
   */
  boolean read(Packet p, boolean dccp) {
    int protocol = p.protocol();
    if (p.fragmentOffset() != 0 || !p.leadsToTransport()) {
      return false;
    }
    family = p.family();
    srcHi = p.srcHi();
    srcLo = p.srcLo();
    dstHi = p.dstHi();
    dstLo = p.dstLo();
    return readTransport(p, protocol, p.transportOffset(), dccp);
  }

  /** Takes the tuple of the packet that an ICMP error quotes from {@code at} on: nf_ct_get_tuplepr(). */
  boolean readQuoted(Packet p, Family family, int at, boolean dccp) {
    this.family = family;
    int length = p.length();
    if (family == Family.IPV4) {
      if (at + 20 > length || (p.u16(at + 6) & 0x1fff) != 0) {
        return false;
      }
      int transport = at + (p.u8(at) & 0xf) * 4;
      if (transport > length) {
        return false;
      }
      srcHi = 0;
      srcLo = p.u32(at + 12) & 0xffff_ffffL;
      dstHi = 0;
      dstLo = p.u32(at + 16) & 0xffff_ffffL;
      return readTransport(p, p.u8(at + 9), transport, dccp);
    }
    if (at + 40 > length) {
      return false;
    }
    long found = ExtensionWalk.skip(p, at + 40, p.u8(at + 6));
    if (found < 0 || ExtensionWalk.fragmentOffset(found) != 0) {
      return false;
    }
    srcHi = u64(p, at + 8);
    srcLo = u64(p, at + 16);
    dstHi = u64(p, at + 24);
    dstLo = u64(p, at + 32);
    return readTransport(p, ExtensionWalk.protocol(found), ExtensionWalk.offset(found), dccp);
  }

  private static long u64(Packet p, int offset) {
    return (long) p.u32(offset) << 32 | p.u32(offset + 4) & 0xffff_ffffL;
  }

  private boolean readTransport(Packet p, int protocol, int at, boolean dccp) {
    this.protocol = protocol;
    srcId = 0;
    dstId = 0;
    int available = p.length() - at;
    switch (protocol) {
      case Protocols.TCP:
      case Protocols.UDP:
      case Protocols.UDPLITE:
      case Protocols.SCTP:
        break;
      case Protocols.DCCP:
        if (!dccp) {
          return true;
        }
        break;
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        if (available < 8) {
          return false;
        }
        srcId = p.u16(at + 4);
        dstId = p.u16(at);
        return true;
      case Protocols.GRE:
        return readGre(p, at, available);
      default:
        return true;
    }
    if (available < 4) {
      return false;
    }
    srcId = p.u16(at);
    dstId = p.u16(at + 2);
    return true;
  }

  /** Only version 1 has a key that tells calls apart; the source's key is known to PPTP's helper alone and stays 0. */
  private boolean readGre(Packet p, int at, int available) {
    if (available < 4 || (p.u16(at) & 7) != 1 || available < 8) {
      return true;
    }
    if (p.u16(at + 2) != GRE_PPP) {
      return false;
    }
    dstId = p.u16(at + 6);
    return true;
  }

  /** Makes this the tuple that answers {@code t}; false for an ICMP type that nothing answers. */
  boolean setInverse(TupleKey t) {
    int src = t.srcId;
    int dst = t.dstId;
    long hi = t.srcHi;
    long lo = t.srcLo;
    family = t.family;
    protocol = t.protocol;
    srcHi = t.dstHi;
    srcLo = t.dstLo;
    dstHi = hi;
    dstLo = lo;
    if (protocol == Protocols.ICMP || protocol == Protocols.ICMPV6) {
      int type = protocol == Protocols.ICMP ? IcmpTypes.answer4(dst >> 8) : IcmpTypes.answer6(dst >> 8);
      srcId = src;
      dstId = type << 8 | dst & 0xff;
      return type >= 0;
    }
    srcId = dst;
    dstId = src;
    return true;
  }

  /** Puts this into the original tuple of a new connection. */
  void storeOriginal(Connection c) {
    c.setAddresses(false, srcHi, srcLo, dstHi, dstLo);
    c.srcId = (char) srcId;
    c.dstId = (char) dstId;
  }

  /** Puts this into the reply tuple of a connection that is not in the table. */
  void storeReply(Connection c) {
    c.setAddresses(true, srcHi, srcLo, dstHi, dstLo);
    c.replySrcId = (char) srcId;
    c.replyDstId = (char) dstId;
  }

  boolean sameAs(TupleKey t) {
    return srcLo == t.srcLo && dstLo == t.dstLo && srcId == t.srcId && dstId == t.dstId && srcHi == t.srcHi
        && dstHi == t.dstHi && protocol == t.protocol && family == t.family;
  }

  /** Whether this is a direction's tuple of {@code c}. */
  boolean isOf(Connection c, boolean reply) {
    return srcLo == c.srcLo(reply) && dstLo == c.dstLo(reply) && srcId == c.srcId(reply) && dstId == c.dstId(reply)
        && protocol == c.protocol() && family == c.family()
        && (family == Family.IPV4 || srcHi == c.srcHi(reply) && dstHi == c.dstHi(reply));
  }

  /**
   * 31 bits, not 0, that depend on every part of the tuple, the zone and {@code seed}. The four odd factors are those of
   * xxHash64; as the products do not wait for one another, this costs little more than one multiplication.
   */
  int hash(int zoneId, long seed) {
    return hash(srcHi, srcLo, dstHi, dstLo, srcId << 16 | dstId, zoneId << 16 | protocol << 8 | family.ordinal(), seed);
  }

  /** The {@link #hash} that a packet's tuple has without a zone; 0 if it cannot have one, or has no ports. */
  static int hash(Packet p, long seed) {
    int protocol = p.protocol();
    if (protocol != Protocols.TCP && protocol != Protocols.UDP || p.fragmentOffset() != 0 || !p.hasTransport(4)) {
      return 0;
    }
    return hash(p.srcHi(), p.srcLo(), p.dstHi(), p.dstLo(), p.u32(p.transportOffset()), protocol << 8 | p.family().ordinal(), seed);
  }

  private static int hash(long srcHi, long srcLo, long dstHi, long dstLo, int ids, int kind, long seed) {
    long rest = (long) ids << 32 | kind & 0xffff_ffffL;
    long h = (srcLo + seed) * 0x9E3779B185EBCA87L ^ (dstLo ^ seed) * 0xC2B2AE3D27D4EB4FL
        ^ Long.rotateLeft(srcHi * 0x165667B19E3779F9L ^ dstHi * 0x85EBCA77C2B2AE63L, 29) ^ rest * 0x27D4EB2F165667C5L;
    h = (h ^ h >>> 32) * 0x9E3779B185EBCA87L;
    h ^= h >>> 29;
    int tag = (int) (h >>> 16) & 0x7fff_ffff;
    return tag == 0 ? 1 : tag;
  }

  /** As {@link #hash}, of the source alone: the order of NAT's table of sources. */
  int sourceHash(long seed) {
    long ids = (long) srcId << 16 | (long) protocol << 8;
    long h = (srcLo + seed) * 0x9E3779B185EBCA87L ^ srcHi * 0x165667B19E3779F9L ^ ids * 0x27D4EB2F165667C5L;
    return (int) ((h ^ h >>> 32) * 0x9E3779B185EBCA87L >>> 33);
  }
}
