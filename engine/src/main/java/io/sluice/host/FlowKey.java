package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;

/**
 * What a route is looked up by (struct flowi4, struct flowi6). Mutable and reusable: whoever routes packets keeps one.
 *
 * <p>An unspecified source (0.0.0.0, ::) of a locally generated packet means that it is still to be chosen.
 */
public final class FlowKey {
  /** Nothing but zeroes; nobody may change it. */
  static final FlowKey ANY = new FlowKey();

  Family family = Family.IPV4;
  long srcHi;
  long srcLo;
  long dstHi;
  long dstLo;
  int tos;
  int mark;
  int protocol;
  int sourcePort;
  int destinationPort;
  long uid;
  boolean anySource;
  /** Whether {@link #multipathHash} was given; else it is made of the addresses. */
  private boolean hashed;
  private int multipathHash;

  /** Takes addresses, TOS, protocol and ports from {@code packet}. User id 0, source not exempted. */
  public FlowKey set(Packet packet, int mark) {
    set(packet.family(), packet.srcHi(), packet.srcLo(), packet.dstHi(), packet.dstLo(), packet.tos(), mark);
    protocol = packet.protocol();
    if (hasPorts(protocol) && packet.hasTransport(4) && !packet.isFragment()) {
      sourcePort = packet.sourcePort();
      destinationPort = packet.destinationPort();
    }
    return this;
  }

  /** Takes these values; no protocol and ports, user id 0, source not exempted. */
  public FlowKey set(Family family, long srcHi, long srcLo, long dstHi, long dstLo, int tos, int mark) {
    this.family = family;
    this.srcHi = srcHi;
    this.srcLo = srcLo;
    this.dstHi = dstHi;
    this.dstLo = dstLo;
    this.tos = tos;
    this.mark = mark;
    this.protocol = 0;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.uid = 0;
    this.anySource = false;
    this.hashed = false;
    return this;
  }

  /** Transport protocol and ports, for rules with {@code ipproto}, {@code sport}, {@code dport}; 0 for none. */
  public FlowKey transport(int protocol, int sourcePort, int destinationPort) {
    this.protocol = protocol;
    this.sourcePort = sourcePort;
    this.destinationPort = destinationPort;
    return this;
  }

  /** The sender's user id, for rules with {@code uidrange}; packets without a local sender count as root's. */
  public FlowKey uid(long uid) {
    this.uid = uid;
    return this;
  }

  /** Changes the source only. */
  public FlowKey source(long hi, long lo) {
    this.srcHi = hi;
    this.srcLo = lo;
    return this;
  }

  /**
   * FLOWI_FLAG_ANYSRC: an IPv4 packet may leave from here with a source that is not ours. ip_route_me_harder() sets it
   * when it routes again after OUTPUT, transparent sockets do.
   */
  public FlowKey anySource() {
    this.anySource = true;
    return this;
  }

  /**
   * Chooses among several next hops by this number, of 32 bits without sign: each hop has the part of the numbers, in
   * order, that its weight is of all weights. The kernel's number is a hash with a random key (fib_multipath_hash() in
   * net/ipv4/route.c), so that each is possible; who wants every possible answer asks with numbers spread evenly.
   */
  public FlowKey multipathHash(int hash) {
    this.hashed = true;
    this.multipathHash = hash;
    return this;
  }

  /** The number given, else one made of the addresses, to choose among several next hops. */
  int multipathHash() {
    if (hashed) {
      return multipathHash;
    }
    long h = (srcHi ^ Long.rotateLeft(dstHi, 21)) * 0x9e3779b97f4a7c15L;
    h = (h ^ h >>> 32 ^ srcLo ^ Long.rotateLeft(dstLo, 21)) * 0x9e3779b97f4a7c15L;
    return (int) (h >>> 32);
  }

  private static boolean hasPorts(int protocol) {
    return protocol == Protocols.TCP || protocol == Protocols.UDP || protocol == Protocols.SCTP
        || protocol == Protocols.DCCP || protocol == Protocols.UDPLITE;
  }
}
