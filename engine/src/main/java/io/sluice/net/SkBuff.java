package io.sluice.net;

import io.sluice.conntrack.CtRef;
import io.sluice.host.IpAddresses;
import io.sluice.host.NetDevice;
import io.sluice.host.Route;
import io.sluice.ipset.LinkInfo;
import io.sluice.netfilter.Family;
import io.sluice.packet.EthernetHeader;
import io.sluice.packet.Packet;
import java.util.Arrays;

/**
 * A packet on its way through the host (struct sk_buff): bytes and header fields, plus what the kernel has noted of it.
 * Mutable and reusable ({@link #arrive}).
 */
public final class SkBuff extends Packet implements LinkInfo {

  /** How the link layer was addressed: PACKET_HOST and its like, the words of {@code -m pkttype}. */
  public enum PacketType {
    UNICAST(0),
    BROADCAST(1),
    MULTICAST(2),
    OTHERHOST(3),
    /** The copy, for this host, of what the host itself sends to all or to a group. */
    LOOPBACK(5);

    private final int number;

    PacketType(int number) {
      this.number = number;
    }

    /** The type that has the number. */
    public static PacketType of(int number) {
      return Arrays.stream(values()).filter(type -> type.number == number).findFirst().orElseThrow();
    }

    /** The kernel's number, as BPF programs see it. */
    public int number() {
      return number;
    }
  }

  private final CtRef ct = new CtRef();
  private NetDevice in;
  private NetDevice out;
  private Route route;
  private NetDevice arrival;
  private NetDevice physIn;
  private NetDevice physOut;
  private byte[] linkHeader = NO_BYTES;
  private PacketType packetType = PacketType.UNICAST;
  private int mark;
  private int priority;
  private boolean traced;
  private long timeNanos;
  private Owner owner;
  private boolean hasSocket;

  private static final byte[] NO_BYTES = {};

  /** Takes new bytes and forgets everything about the packet that was here before. */
  public void arrive(byte[] data, int length, NetDevice in) {
    load(data, length);
    ct.clear();
    this.in = in;
    this.arrival = null;
    this.out = null;
    this.route = null;
    this.physIn = null;
    this.physOut = null;
    this.linkHeader = NO_BYTES;
    this.packetType = PacketType.UNICAST;
    this.mark = 0;
    this.priority = 0;
    this.traced = false;
    this.owner = null;
    this.hasSocket = false;
  }

  /** A packet of the same bytes of which all is known that is known of this one, but no socket's: skb_clone(). */
  public SkBuff copy() {
    return copy(toBytes());
  }

  /** As {@link #copy()}, of other bytes, such as those of a fragment. */
  public SkBuff copy(byte[] data) {
    SkBuff copy = new SkBuff();
    copy.arrive(data, data.length, in);
    copy.setReassembly(reassembly());
    copy.ipSummed().set(ipSummed());
    copy.ct.copyFrom(ct);
    copy.arrival = arrival;
    copy.out = out;
    copy.route = route;
    copy.physIn = physIn;
    copy.physOut = physOut;
    copy.linkHeader = linkHeader;
    copy.packetType = packetType;
    copy.mark = mark;
    copy.priority = priority;
    copy.traced = traced;
    copy.timeNanos = timeNanos;
    return copy;
  }

  /** The packet's connection and ctinfo. */
  public CtRef ct() {
    return ct;
  }

  /** The interface that the packet came in by; null when it was made here. */
  public NetDevice in() {
    return in;
  }

  public void setIn(NetDevice in) {
    this.in = in;
  }

  /** The interface that stands for the packet's arrival in an ICMPv6 error (IP6CB's iif): nearly always {@link #in}. */
  public NetDevice arrival() {
    return arrival == null ? in : arrival;
  }

  public void setArrival(NetDevice arrival) {
    this.arrival = arrival;
  }

  /** The interface that the packet will leave by; null until it is routed. */
  public NetDevice out() {
    return out;
  }

  public void setOut(NetDevice out) {
    this.out = out;
  }

  /** The routing decision (skb's dst); null until there is one. */
  public Route route() {
    return route;
  }

  public void setRoute(Route route) {
    this.route = route;
  }

  /** The bridge port that the packet came in by, for {@code -m physdev}; null when there is none. */
  public NetDevice physIn() {
    return physIn;
  }

  /** The bridge port that the packet leaves by; null when there is none. */
  public NetDevice physOut() {
    return physOut;
  }

  public void setBridgePorts(NetDevice physIn, NetDevice physOut) {
    this.physIn = physIn;
    this.physOut = physOut;
  }

  /** The Ethernet header (14 bytes: destination, source, type), or empty when the packet came without. */
  @Override
  public byte[] linkHeader() {
    return linkHeader;
  }

  /** Whether it came in an Ethernet frame whose header is known. */
  public boolean isFramed() {
    return linkHeader.length == EthernetHeader.LENGTH;
  }

  public void setLinkHeader(byte[] linkHeader, PacketType packetType) {
    this.linkHeader = linkHeader;
    this.packetType = packetType;
  }

  /** From here on no rule can read the Ethernet header; how the frame was addressed stays known. */
  public void forgetLinkHeader() {
    this.linkHeader = NO_BYTES;
  }

  public PacketType packetType() {
    return packetType;
  }

  /** {@link #packetType} but for the host's own packets to many, looped back to it, which are told apart by their address. */
  public PacketType addressing() {
    if (packetType != PacketType.LOOPBACK) {
      return packetType;
    }
    boolean group = family() == Family.IPV6 || IpAddresses.isMulticast(Family.IPV4, 0, dstLo());
    return group ? PacketType.MULTICAST : PacketType.BROADCAST;
  }

  public void setPacketType(PacketType packetType) {
    this.packetType = packetType;
  }

  @Override
  public int mark() {
    return mark;
  }

  public void setMark(int mark) {
    this.mark = mark;
  }

  /** skb->priority, which CLASSIFY sets. */
  public int priority() {
    return priority;
  }

  public void setPriority(int priority) {
    this.priority = priority;
  }

  /** Whether {@code -j TRACE} marked the packet (skb->nf_trace). */
  public boolean traced() {
    return traced;
  }

  public void setTraced(boolean traced) {
    this.traced = traced;
  }

  /** When the packet arrived, in nanoseconds of the virtual clock's epoch (Unix time in captures). */
  public long timeNanos() {
    return timeNanos;
  }

  public void setTimeNanos(long timeNanos) {
    this.timeNanos = timeNanos;
  }

  /**
   * Whether a socket of this host sent the packet (skb->sk), known or not who {@link #owner owns} it: programs' packets and ICMP
   * errors have one; the resets of REJECT, what SYNPROXY and TEE send, and what has come in or back over {@code lo} have none.
   */
  public boolean hasSocket() {
    return hasSocket;
  }

  public void setSocket(boolean present) {
    this.hasSocket = present;
  }

  /** The local socket that sent the packet; null for forwarded packets and those without a socket. */
  public Owner owner() {
    return owner;
  }

  public void setOwner(Owner owner) {
    this.owner = owner;
  }
}
