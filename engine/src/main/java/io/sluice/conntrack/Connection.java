package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import java.util.Optional;

/**
 * A connection (struct nf_conn): both tuples, status, mark, zone, timeout, protocol state, NAT binding. Mutable.
 *
 * <p>The tuples lie flat in the object, so that a look-up touches one place in memory; {@link #original} and
 * {@link #reply} make records of them, the accessors with a direction do not allocate.
 *
 * <p>Where packets come in batches, an object whose time is over is used again for another connection.
 */
public class Connection {
  private static final int LABEL_LONGS = 2;

  final Family family;
  final byte protocolNumber;

  long srcLo;
  long dstLo;
  long replySrcLo;
  long replyDstLo;
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

  /** Its place in the table's hash order, one for each direction; set on insertion. */
  int hash;
  int replyHash;

  Connection master;
  String helperName;
  FtpState ftp;
  SeqAdjust seqAdjust;
  NatChoice natChoice;
  int masqueradeIndex;
  private Object memory;
  private Object replyMemory;
  /** Neighbours among the bound connections of the same source: {@link NatSources}. */
  Connection bySourceNext;
  Connection bySourcePrevious;
  /** The upper halves of source, destination and the reply's source and destination; null for IPv4, where they are 0. */
  private final long[] upperHalves;
  /** Null while none is set. */
  private long[] labels;

  Connection(Family family, int protocol) {
    this.family = family;
    this.protocolNumber = (byte) protocol;
    this.upperHalves = family == Family.IPV6 ? new long[4] : null;
  }

  /** What {@code -j CT} leaves on a packet for {@link Conntrack#in}: zone and helper of the connection to be. */
  public static Connection template(Zone zone, Optional<String> helper) {
    Connection template = new Connection(Family.IPV4, 0);
    template.status = CtStatus.TEMPLATE | CtStatus.CONFIRMED; // xt_ct_tg_check() in net/netfilter/xt_CT.c
    template.setZone(zone);
    template.helperName = helper.orElse(null);
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
    return new Tuple(family, srcHi(reply), srcLo(reply), dstHi(reply), dstLo(reply), protocol(), srcId(reply), dstId(reply));
  }

  public final Family family() {
    return family;
  }

  /** The transport protocol's number. */
  public final int protocol() {
    return protocolNumber & 0xff;
  }

  /** The upper halves of a direction's addresses. */
  final void setUpperHalves(boolean reply, long src, long dst) {
    if (upperHalves != null) {
      upperHalves[reply ? 2 : 0] = src;
      upperHalves[reply ? 3 : 1] = dst;
    }
  }

  public final long srcHi(boolean reply) {
    return upperHalves == null ? 0 : upperHalves[reply ? 2 : 0];
  }

  public final long srcLo(boolean reply) {
    return reply ? replySrcLo : srcLo;
  }

  public final long dstHi(boolean reply) {
    return upperHalves == null ? 0 : upperHalves[reply ? 3 : 1];
  }

  public final long dstLo(boolean reply) {
    return reply ? replyDstLo : dstLo;
  }

  /** Source port, GRE key or ICMP id of a direction: {@link Tuple#srcId}. */
  public final int srcId(boolean reply) {
    return reply ? replySrcId : srcId;
  }

  /** Destination port, GRE key or ICMP type and code of a direction: {@link Tuple#dstId}. */
  public final int dstId(boolean reply) {
    return reply ? replyDstId : dstId;
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

  /** The connection that announced this one (an FTP control connection); empty for most. */
  public final Optional<Connection> master() {
    return Optional.ofNullable(master);
  }

  /** The connection that announced this one, or this one itself; allocates nothing. */
  public final Connection masterOrSelf() {
    return master == null ? this : master;
  }

  /** The name of the helper that announced this connection (its master's); null when none did. */
  public final String masterHelper() {
    return master == null ? null : master.helperName;
  }

  /** The helper that reads this connection's payload. */
  public final Optional<String> helper() {
    return Optional.ofNullable(helperName);
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
    return labels != null && (labels[bit >>> 6] >>> bit & 1) != 0;
  }

  /** Sets label {@code bit}, 0 to 127. */
  public final void setLabel(int bit) {
    if (labels == null) {
      labels = new long[LABEL_LONGS];
    }
    labels[bit >>> 6] |= 1L << bit;
  }

  /** The word that {@code conntrack -L} prints after the timeout; empty for protocols without. */
  public String stateWord() {
    return "";
  }

  /** Takes over a word of {@link #stateWord}; an unknown one changes nothing. */
  void setStateWord(String word) {}

  /** The random choice that NAT had to make for this connection, if it had to. */
  public final Optional<NatChoice> natChoice() {
    return Optional.ofNullable(natChoice);
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
    return srcLo + timeout + serial + replyHash + status + (replyMemory == null ? 0 : 1);
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
    return new Connection(family, protocol());
  }

  /** Takes over everything but references to other connections. */
  void copyFrom(Connection from) {
    setUpperHalves(false, from.srcHi(false), from.dstHi(false));
    setUpperHalves(true, from.srcHi(true), from.dstHi(true));
    srcLo = from.srcLo;
    dstLo = from.dstLo;
    srcId = from.srcId;
    dstId = from.dstId;
    replySrcLo = from.replySrcLo;
    replyDstLo = from.replyDstLo;
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
    helperName = from.helperName;
    ftp = from.ftp == null ? null : from.ftp.copy();
    seqAdjust = from.seqAdjust == null ? null : from.seqAdjust.copy();
    natChoice = from.natChoice;
    masqueradeIndex = from.masqueradeIndex;
    labels = from.labels == null ? null : from.labels.clone();
  }

  /** Leaves what refers to others: with {@link #copyFrom} of a new one this is as new. */
  final void forget() {
    master = null;
    memory = null;
    replyMemory = null;
    bySourceNext = null;
    bySourcePrevious = null;
    hash = 0;
    replyHash = 0;
  }

  /** The original tuple as tcpdump would show it, and the state. */
  @Override
  public final String toString() {
    return original() + " " + stateWord();
  }
}
