package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.Optional;

/**
 * A connection (struct nf_conn): both tuples, status, mark, zone, timeout, protocol state, NAT binding. Mutable.
 *
 * <p>The tuples lie flat in the object, IPv4's addresses as words, so that a look-up touches one place in memory and what a
 * packet of a connection touches is small; {@link #original} and {@link #reply} make records of them, the accessors with a
 * direction do not allocate.
 *
 * <p>Where packets come in batches, an object whose time is over is used again for another connection.
 */
public class Connection {
  private static final long WORD = 0xffff_ffffL;

  private final byte protocolNumber;

  private int src;
  private int dst;
  private int replySrc;
  private int replyDst;
  /** IPv6's addresses: source and destination, upper half first, and those of the reply. Null for IPv4. */
  private final long[] wide;
  /** When it expires, in the clock's nanoseconds; until it is confirmed, how long it will live from then on. */
  long timeout;
  char srcId;
  char dstId;
  char replySrcId;
  char replyDstId;

  char zoneId;
  byte zoneDirections = Zone.BOTH;
  boolean zoneFromMark;
  boolean accounted;
  int status;
  int mark;
  long packets;
  long bytes;
  long replyPackets;
  long replyBytes;
  /** Order of confirmation, from 1. */
  long serial;

  int masqueradeIndex;
  /** Null for most. */
  private Extensions extensions;
  private Object memory;
  private Object replyMemory;
  /** Numbers of the neighbours among the bound connections of the same source, 0 for none: {@link NatSources}. */
  int bySourceNext;
  int bySourcePrevious;

  Connection(Family family, int protocol) {
    this.protocolNumber = (byte) protocol;
    this.wide = family == Family.IPV6 ? new long[8] : null;
  }

  /** What {@code -j CT} leaves on a packet for {@link Conntrack#in}: zone and helper of the connection to be. */
  public static Connection template(Zone zone, Optional<String> helper) {
    Connection template = new Connection(Family.IPV4, 0);
    template.status = CtStatus.TEMPLATE | CtStatus.CONFIRMED; // xt_ct_tg_check() in net/netfilter/xt_CT.c
    template.setZone(zone);
    helper.ifPresent(name -> template.extend().helperName = name);
    return template;
  }

  /** A connection of the class that keeps the protocol's state. */
  static Connection forProtocol(TupleKey tuple, boolean dccp) {
    switch (tuple.protocol()) {
      case Protocols.TCP:
        return new TcpConnection(tuple.family());
      case Protocols.SCTP:
        return new SctpConnection(tuple.family());
      case Protocols.DCCP:
        return dccp ? new DccpConnection(tuple.family()) : new Connection(tuple.family(), tuple.protocol());
      case Protocols.UDP:
        return new UdpConnection(tuple.family());
      default:
        return new Connection(tuple.family(), tuple.protocol());
    }
  }

  final void setZone(Zone zone) {
    zoneId = (char) zone.id();
    zoneDirections = (byte) zone.directions();
    zoneFromMark = zone.fromMark();
  }

  /** The zone in which a direction is found: nf_ct_zone_id(). */
  final int zoneId(boolean reply) {
    return (zoneDirections & (reply ? Zone.REPLY : Zone.ORIGINAL)) != 0 ? zoneId : 0;
  }

  /** The tuple of the first packet as it came in, before NAT. */
  public final Tuple original() {
    return tuple(false);
  }

  /** The tuple that answers have when they arrive; NAT changes it. */
  public final Tuple reply() {
    return tuple(true);
  }

  private Tuple tuple(boolean reply) {
    return new Tuple(family(), srcHi(reply), srcLo(reply), dstHi(reply), dstLo(reply), protocol(), srcId(reply), dstId(reply));
  }

  public final Family family() {
    return wide == null ? Family.IPV4 : Family.IPV6;
  }

  /** The transport protocol's number. */
  public final int protocol() {
    return protocolNumber & 0xff;
  }

  /** Takes a direction's addresses. */
  final void setAddresses(boolean reply, long srcHi, long srcLo, long dstHi, long dstLo) {
    if (wide != null) {
      int at = reply ? 4 : 0;
      wide[at] = srcHi;
      wide[at + 1] = srcLo;
      wide[at + 2] = dstHi;
      wide[at + 3] = dstLo;
    } else if (reply) {
      replySrc = (int) srcLo;
      replyDst = (int) dstLo;
    } else {
      src = (int) srcLo;
      dst = (int) dstLo;
    }
  }

  public final long srcHi(boolean reply) {
    return wide == null ? 0 : wide[reply ? 4 : 0];
  }

  public final long srcLo(boolean reply) {
    return wide == null ? (reply ? replySrc : src) & WORD : wide[reply ? 5 : 1];
  }

  public final long dstHi(boolean reply) {
    return wide == null ? 0 : wide[reply ? 6 : 2];
  }

  public final long dstLo(boolean reply) {
    return wide == null ? (reply ? replyDst : dst) & WORD : wide[reply ? 7 : 3];
  }

  /** Source port, GRE key or ICMP id of a direction: {@link Tuple#srcId}. */
  public final int srcId(boolean reply) {
    return reply ? replySrcId : srcId;
  }

  /** Destination port, GRE key or ICMP type and code of a direction: {@link Tuple#dstId}. */
  public final int dstId(boolean reply) {
    return reply ? replyDstId : dstId;
  }

  /** Whether this is a direction's tuple of a TCP or UDP packet that is not its own answer; of others nothing is said. */
  final boolean isTupleOf(Packet p, boolean reply) {
    int protocol = protocol();
    if (p.protocol() != protocol || protocol != Protocols.TCP && protocol != Protocols.UDP || p.family() != family()
        || p.fragmentOffset() != 0 || !p.hasTransport(4)) {
      return false;
    }
    return p.srcLo() == srcLo(reply) && p.dstLo() == dstLo(reply) && p.srcLo() != p.dstLo()
        && p.sourcePort() == srcId(reply) && p.destinationPort() == dstId(reply)
        && (wide == null || p.srcHi() == srcHi(reply) && p.dstHi() == dstHi(reply));
  }

  /** {@link CtStatus} bits. */
  public final int status() {
    return status;
  }

  public final boolean has(int statusBits) {
    return (status & statusBits) == statusBits;
  }

  final boolean isConfirmed() {
    return (status & CtStatus.CONFIRMED) != 0;
  }

  public final int mark() {
    return mark;
  }

  public final void setMark(int mark) {
    this.mark = mark;
  }

  public final Zone zone() {
    return zoneId == 0 && zoneDirections == Zone.BOTH && !zoneFromMark
        ? Zone.DEFAULT
        : new Zone(zoneId, zoneDirections, zoneFromMark);
  }

  /** What few connections have; null for most. */
  final Extensions extensions() {
    return extensions;
  }

  /** What few connections have, from now on this one too. */
  final Extensions extend() {
    if (extensions == null) {
      extensions = new Extensions();
    }
    return extensions;
  }

  /** The connection that announced this one (an FTP control connection); empty for most. */
  public final Optional<Connection> master() {
    return Optional.ofNullable(masterOrNull());
  }

  final Connection masterOrNull() {
    return extensions == null ? null : extensions.master;
  }

  /** The connection that announced this one, or this one itself; allocates nothing. */
  public final Connection masterOrSelf() {
    Connection master = masterOrNull();
    return master == null ? this : master;
  }

  /** The name of the helper that announced this connection (its master's); null when none did. */
  public final String masterHelper() {
    Connection master = masterOrNull();
    return master == null ? null : master.helperName();
  }

  /** The helper that reads this connection's payload. */
  public final Optional<String> helper() {
    return Optional.ofNullable(helperName());
  }

  final String helperName() {
    return extensions == null ? null : extensions.helperName;
  }

  /** By how much sequence numbers are adjusted; null where they never are. */
  final SeqAdjust seqAdjust() {
    return extensions == null ? null : extensions.seqAdjust;
  }

  /** From now on sequence numbers may be adjusted. */
  final void adjustSequence() {
    if (extend().seqAdjust == null) {
      extensions.seqAdjust = new SeqAdjust();
    }
  }

  /** Packets that went in a direction; counted whether or not accounting is on. */
  public final long packets(boolean reply) {
    return reply ? replyPackets : packets;
  }

  /** Bytes, IP headers included, that went in a direction. */
  public final long bytes(boolean reply) {
    return reply ? replyBytes : bytes;
  }

  /** Whether accounting was on when the connection began, so that connbytes may look at it. */
  public final boolean accounted() {
    return accounted;
  }

  /** Whether label {@code bit}, 0 to 127, is set ({@code -m connlabel}). */
  public final boolean label(int bit) {
    return extensions != null && extensions.label(bit);
  }

  /** Sets label {@code bit}, 0 to 127. */
  public final void setLabel(int bit) {
    extend().setLabel(bit);
  }

  /** The word that {@code conntrack -L} prints after the timeout; empty for protocols without. */
  public String stateWord() {
    return "";
  }

  /** Takes over a word of {@link #stateWord}; an unknown one changes nothing. */
  void setStateWord(String word) {}

  /** The random choice that NAT had to make for this connection, if it had to. */
  public final Optional<NatChoice> natChoice() {
    return extensions == null ? Optional.empty() : Optional.ofNullable(extensions.natChoice);
  }

  /** What whoever evaluates rules has noted of the packets of a direction; null at first. */
  public final Object memory(boolean reply) {
    return reply ? replyMemory : memory;
  }

  /** Notes something of the packets of a direction for {@link #memory}; a copy of the connection does not take it over. */
  public final void setMemory(boolean reply, Object noted) {
    if (reply) {
      replyMemory = noted;
    } else {
      memory = noted;
    }
  }

  /** Reads fields that lie less than a cache line from one another, the last one too; the sum has no meaning. */
  long touch() {
    return status + src + (replyMemory == null ? 0 : 1);
  }

  final void count(boolean reply, int length) {
    if (reply) {
      replyPackets++;
      replyBytes += length;
    } else {
      packets++;
      bytes += length;
    }
  }

  /** A new object of the same class for {@link #copyFrom}. */
  Connection blank() {
    return new Connection(family(), protocol());
  }

  /** Takes over everything but references to other connections. */
  void copyFrom(Connection from) {
    setAddresses(false, from.srcHi(false), from.srcLo(false), from.dstHi(false), from.dstLo(false));
    setAddresses(true, from.srcHi(true), from.srcLo(true), from.dstHi(true), from.dstLo(true));
    srcId = from.srcId;
    dstId = from.dstId;
    replySrcId = from.replySrcId;
    replyDstId = from.replyDstId;
    zoneId = from.zoneId;
    zoneDirections = from.zoneDirections;
    zoneFromMark = from.zoneFromMark;
    accounted = from.accounted;
    status = from.status;
    mark = from.mark;
    timeout = from.timeout;
    packets = from.packets;
    bytes = from.bytes;
    replyPackets = from.replyPackets;
    replyBytes = from.replyBytes;
    serial = from.serial;
    masqueradeIndex = from.masqueradeIndex;
    extensions = from.extensions == null ? null : from.extensions.copyFor(this);
  }

  /** Leaves what refers to others: with {@link #copyFrom} of a new one this is as new. */
  final void forget() {
    memory = null;
    replyMemory = null;
    bySourceNext = 0;
    bySourcePrevious = 0;
  }

  /** The original tuple as tcpdump would show it, and the state. */
  @Override
  public final String toString() {
    return original() + " " + stateWord();
  }
}
