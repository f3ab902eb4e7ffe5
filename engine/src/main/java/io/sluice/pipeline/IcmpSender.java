package io.sluice.pipeline;

import io.sluice.conntrack.Conntrack;
import io.sluice.host.AddressType;
import io.sluice.host.FlowKey;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Route;
import io.sluice.host.RouteEntry;
import io.sluice.host.Routing;
import io.sluice.host.Scope;
import io.sluice.host.Sysctls;
import io.sluice.net.IcmpErrors;
import io.sluice.net.Owner;
import io.sluice.net.PacketOutput;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Checksums;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.packet.TransportChecksums;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Makes the host's ICMP and ICMPv6 errors, for the IP layer and for REJECT.
 *
 * <p>Kernel: __icmp_send() in net/ipv4/icmp.c, icmp6_send() in net/ipv6/icmp.c.
 */
final class IcmpSender implements IcmpErrors {
  /** RFC 1812: as much of the packet as fits without exceeding 576 bytes. */
  private static final int MAX_ERROR4 = 576;
  private static final int MIN_MTU6 = 1280;
  private static final int ICMP_HEADER = 8;
  private static final int PRECEDENCE_INTERNETCONTROL = 0xc0;
  private static final int TOS_MASK = 0x1e;
  private static final int PARAMETER_PROBLEM6 = 4;
  private static final int UNKNOWN_OPTION6 = 2;
  private static final int PACKET_TOO_BIG6 = 2;
  private static final int REDIRECT4 = 5;
  private static final int ERROR_TYPES4 =
      1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;

  private final Routing routing;
  private final IcmpRateLimit limit;
  private final SplittableRandom random;
  private final PacketOutput output;
  private final FlowKey key = new FlowKey();
  private final Deque<Integer> expectedIds = new ArrayDeque<>();
  private final boolean usesInboundAddress;
  private final boolean reflectsMark4;
  private final boolean reflectsMark6;
  private final byte ttl;
  private final byte hopLimit;

  IcmpSender(Network network, IcmpRateLimit limit, SplittableRandom random, PacketOutput output) {
    Sysctls sysctls = network.sysctls();
    this.usesInboundAddress = sysctls.flag("net.ipv4.icmp_errors_use_inbound_ifaddr", false);
    this.reflectsMark4 = sysctls.flag("net.ipv4.fwmark_reflect", false);
    this.reflectsMark6 = sysctls.flag("net.ipv6.fwmark_reflect", false);
    this.ttl = (byte) sysctls.number("net.ipv4.ip_default_ttl", 64);
    this.hopLimit = (byte) sysctls.number("net.ipv6.conf.all.hop_limit", 64);
    this.routing = network.routing();
    this.limit = limit;
    this.random = random;
    this.output = output;
  }

  @Override
  public void send(SkBuff offending, int type, int code, int info) {
    if (offending.family() == Family.IPV4) {
      send4(offending, type, code, info);
    } else {
      send6(offending, type, code, info);
    }
  }

  /** See {@link Simulator#expectIcmpIds}. */
  void expectIds(List<Integer> ids) {
    expectedIds.clear();
    expectedIds.addAll(ids);
  }

  /** ip_rt_send_redirect(): tells a neighbour of the better gateway, but not too often. */
  void sendRedirect4(SkBuff packet, long gateway) {
    if (limit.allowsRedirect(packet.srcHi(), packet.srcLo())) {
      send4(packet, REDIRECT4, 1, (int) gateway);
      limit.sentRedirect(packet.srcHi(), packet.srcLo());
    }
  }

  private void send4(SkBuff cause, int type, int code, int info) {
    Route route = cause.route();
    if (cause.packetType() != SkBuff.PacketType.UNICAST || cause.fragmentOffset() != 0 || route == null
        || route.type() == AddressType.BROADCAST || route.type() == AddressType.MULTICAST
        || isError4(type) && answersError4(cause)) {
      return;
    }
    boolean fromLoopback = cause.in() != null && cause.in().isLoopback();
    if (!fromLoopback && !limit.allowsAny(Family.IPV4, type)) {
      return;
    }
    long source = 0;
    if (route.type() == AddressType.LOCAL) {
      source = cause.dstLo();
    } else if (cause.in() != null && usesInboundAddress) {
      source = routing.selectSource(Family.IPV4, cause.in(), 0, cause.srcLo(), Scope.LINK).map(IpAddress::lo).orElse(0L);
    }
    int tos = isError4(type) ? cause.tos() & TOS_MASK | PRECEDENCE_INTERNETCONTROL : cause.tos();
    int mark = reflectsMark4 ? cause.mark() : 0;
    Route back = routing.output(key.set(Family.IPV4, 0, source, 0, cause.srcLo(), tos, mark), null);
    if (back.failed() || !limit.allows(Family.IPV4, type, 0, cause.srcLo(), 32, back.out().isLoopback())) {
      return;
    }
    if (source == 0) {
      source = routing.source(back, key).map(IpAddress::lo).orElse(0xc000_0008L); // 192.0.0.8, RFC 7600: no address here
    }
    int room = Math.min(back.mtu(), MAX_ERROR4) - 20 - ICMP_HEADER;
    if (room <= 20) {
      return;
    }
    int quoted = Math.min(cause.length(), room);
    byte[] data = new byte[20 + ICMP_HEADER + quoted];
    SkBuff answer = new SkBuff();
    data[0] = 0x45;
    data[1] = (byte) tos;
    put16(data, 2, data.length);
    put16(data, 4, expectedIds.isEmpty() ? random.nextInt(0x10000) : expectedIds.remove());
    data[8] = ttl;
    data[9] = Protocols.ICMP;
    put32(data, 12, (int) source);
    put32(data, 16, (int) cause.srcLo());
    put16(data, 10, ~Checksums.sum(data, 0, 20));
    data[20] = (byte) type;
    data[21] = (byte) code;
    put32(data, 24, info);
    quote(cause, data, 28, quoted);
    put16(data, 22, ~Checksums.sum(data, 20, data.length));
    transmit(answer, data, mark, back, cause, isError4(type));
  }

  private static void quote(SkBuff cause, byte[] data, int at, int length) {
    int exposed = cause.ipSummed().expose(cause);
    System.arraycopy(cause.data(), 0, data, at, length);
    cause.ipSummed().hide(cause, exposed);
  }

  private void transmit(SkBuff answer, byte[] data, int mark, Route route, SkBuff cause, boolean related) {
    answer.arrive(data, data.length, null);
    answer.setMark(mark);
    answer.setOwner(Owner.KERNEL);
    answer.setSocket(true);
    answer.setTimeNanos(cause.timeNanos());
    answer.setRoute(route);
    answer.setOut(route.out());
    if (related) {
      Conntrack.attach(answer.ct(), cause.ct());
    }
    output.localOut(answer);
  }

  /** icmp_pointers[type].error: the errors, and the types below 13 that nobody defined or that hosts ignore. */
  private static boolean isError4(int type) {
    return type < 32 && (ERROR_TYPES4 >>> type & 1) != 0;
  }

  /** Whether the packet is itself an ICMP error, or too short to tell, or of a type that nobody knows. */
  private static boolean answersError4(SkBuff cause) {
    if (cause.protocol() != Protocols.ICMP) {
      return false;
    }
    if (!cause.hasTransport(1)) {
      return true;
    }
    int type = cause.u8(cause.transportOffset());
    return type > 18 || isError4(type);
  }

  private void send6(SkBuff cause, int type, int code, int info) {
    boolean multicast = isMulticast6(cause.dstHi());
    boolean answersMulticast = type == PACKET_TOO_BIG6 || type == PARAMETER_PROBLEM6 && code == UNKNOWN_OPTION6;
    if ((multicast || cause.packetType() != SkBuff.PacketType.UNICAST) && !answersMulticast
        || isMulticast6(cause.srcHi()) || (cause.srcHi() | cause.srcLo()) == 0 || answersError6(cause)) {
      return;
    }
    boolean fromLoopback = cause.in() != null && cause.in().isLoopback();
    if (!fromLoopback && !limit.allowsAny(Family.IPV6, type)) {
      return;
    }
    NetDevice in = cause.arrival();
    boolean local = routing.addressType(Family.IPV6, cause.dstHi(), cause.dstLo(), null) == AddressType.LOCAL;
    long sourceHi = local ? cause.dstHi() : 0;
    long sourceLo = local ? cause.dstLo() : 0;
    int mark = reflectsMark6 ? cause.mark() : 0;
    // A link-local sender can only be answered by the link that it is on: fl6.flowi6_oif in icmp6_send().
    NetDevice link = cause.srcHi() >>> 54 == 0x3fa ? in : null;
    if (!local && in != null) {
      Optional<IpAddress> source = inboundSource(in, cause);
      sourceHi = source.map(IpAddress::hi).orElse(0L);
      sourceLo = source.map(IpAddress::lo).orElse(0L);
    }
    Route back = routing.output(key.set(Family.IPV6, sourceHi, sourceLo, cause.srcHi(), cause.srcLo(), 0, mark), link);
    int prefixLength = back.entry().map(e -> Math.max(0, e.destination().prefixLength())).orElse(0);
    if (back.failed()
        || !limit.allows(Family.IPV6, type, cause.srcHi(), cause.srcLo(), prefixLength, back.out().isLoopback())) {
      return;
    }
    if ((sourceHi | sourceLo) == 0) {
      IpAddress source = routing.source(back, key).orElse(null);
      if (source == null) {
        return;
      }
      sourceHi = source.hi();
      sourceLo = source.lo();
    }
    int quoted = Math.min(cause.length(), MIN_MTU6 - 40 - ICMP_HEADER);
    byte[] data = new byte[40 + ICMP_HEADER + quoted];
    data[0] = 0x60;
    put16(data, 4, ICMP_HEADER + quoted);
    data[6] = Protocols.ICMPV6;
    data[7] = hopLimit;
    put64(data, 8, sourceHi);
    put64(data, 16, sourceLo);
    put64(data, 24, cause.srcHi());
    put64(data, 32, cause.srcLo());
    data[40] = (byte) type;
    data[41] = (byte) code;
    put32(data, 44, info);
    quote(cause, data, 48, quoted);
    SkBuff answer = new SkBuff();
    answer.load(data, data.length);
    TransportChecksums.compute(answer);
    transmit(answer, data, mark, back, cause, !IcmpTypes.isInformational6(type));
  }

  /** The best source that the in-interface offers, unless the route back names one: icmpv6_rt_has_prefsrc(). */
  private Optional<IpAddress> inboundSource(NetDevice in, SkBuff cause) {
    Route back = routing.output(key.set(Family.IPV6, 0, 0, cause.srcHi(), cause.srcLo(), 0, 0), null);
    boolean named = !back.failed() && back.entry().flatMap(RouteEntry::preferredSource).isPresent();
    return named ? Optional.empty() : routing.selectSource(Family.IPV6, in, cause.srcHi(), cause.srcLo(), Scope.LINK);
  }

  private static boolean isMulticast6(long hi) {
    return hi >>> 56 == 0xff;
  }

  /** is_ineligible(): no error about an ICMPv6 error, nor about what is too short to tell. */
  private static boolean answersError6(SkBuff cause) {
    if (cause.protocol() != Protocols.ICMPV6 || cause.fragmentOffset() != 0) {
      return false;
    }
    return !cause.hasTransport(1) || !IcmpTypes.isInformational6(cause.u8(cause.transportOffset()));
  }

  private static void put16(byte[] data, int offset, int value) {
    data[offset] = (byte) (value >> 8);
    data[offset + 1] = (byte) value;
  }

  private static void put32(byte[] data, int offset, int value) {
    put16(data, offset, value >>> 16);
    put16(data, offset + 2, value);
  }

  private static void put64(byte[] data, int offset, long value) {
    put32(data, offset, (int) (value >>> 32));
    put32(data, offset + 4, (int) value);
  }
}
