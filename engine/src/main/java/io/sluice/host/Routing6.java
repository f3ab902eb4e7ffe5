package io.sluice.host;

import io.sluice.host.Route.Failure;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.Optional;

/**
 * IPv6 routing: what comes before and behind the tables.
 *
 * <p>Kernel: ip6_route_input(), ip6_route_output_flags() and ip6_pol_route() in net/ipv6/route.c, ip6_forward() in
 * net/ipv6/ip6_output.c, ip6_mc_input() in net/ipv6/ip6_input.c.
 */
final class Routing6 {
  private static final Route NOT_JOINED = Route.failed(Failure.NOT_JOINED, Optional.empty());
  private static final Route NO_FORWARDING = Route.failed(Failure.FORWARDING_DISABLED, Optional.empty());

  private final RoutingData data;
  private final FibRules rules;
  private final int loopback;

  Routing6(RoutingData data) {
    this.data = data;
    this.rules = data.rules6;
    this.loopback = data.loopback.index();
  }

  /** The address checks of ip6_rcv_core(): addresses where they cannot be, IPv6 switched off. */
  boolean refused(FlowKey key, NetDevice in, boolean looped) {
    if (data.config[data.position(in)].disabled6) {
      return true;
    }
    boolean loopbackAddress = IpAddresses.isLoopback(Family.IPV6, key.srcHi, key.srcLo)
        || IpAddresses.isLoopback(Family.IPV6, key.dstHi, key.dstLo);
    if (loopbackAddress && !in.isLoopback()) {
      return true;
    }
    boolean group = IpAddresses.isMulticast(Family.IPV6, key.dstHi, key.dstLo);
    int scope = (int) (key.dstHi >>> 48) & 0xf;
    boolean mappedSource = key.srcHi == 0 && key.srcLo >>> 32 == 0xffff;
    return mappedSource || group && (scope == 0 || scope == 1 && !looped && !in.isLoopback())
        || IpAddresses.isMulticast(Family.IPV6, key.srcHi, key.srcLo);
  }

  Route input(FlowKey key, NetDevice in) {
    int device = data.position(in);
    boolean strict = IpAddresses.needsInterface6(key.dstHi, key.dstLo);
    FibHop hop = rules.find6(
        key.dstHi, key.dstLo, key.srcHi, key.srcLo, key.tos, key.mark, in.index(), 0, in.index(), strict, true, true,
        key.multipathHash(), key);
    if (hop.failed()) {
      return hop.send;
    }
    AddressType type = hop.entry.type();
    if (type == AddressType.LOCAL || type == AddressType.ANYCAST) {
      return hop.deliver;
    }
    // Not the packet's destination decides that this is multicast input, but the route's.
    if (IpAddresses.isMulticast(Family.IPV6, hop.entry.destination().hi(), 0)) {
      return data.groups[device].joined(Family.IPV6, key.dstHi, key.dstLo) ? data.multicastDelivery : NOT_JOINED;
    }
    if (IpAddresses.isMulticast(Family.IPV6, key.dstHi, key.dstLo)
        || !data.forwarding6 && !data.config[device].forceForwarding6) {
      return NO_FORWARDING;
    }
    return hop.device.index() == in.index() ? hop.redirect : hop.forward;
  }

  Route output(FlowKey key, NetDevice out) {
    FibHop hop = find(key.dstHi, key.dstLo, key, out);
    if (hop.failed()) {
      return hop.send;
    }
    return IpAddresses.isMulticast(Family.IPV6, key.dstHi, key.dstLo) && !isLocal(hop) ? hop.multicast : hop.send;
  }

  private FibHop find(long dstHi, long dstLo, FlowKey key, NetDevice out) {
    boolean anySource = IpAddresses.isUnspecified(key.srcHi, key.srcLo);
    int oif = out == null ? 0 : out.index();
    boolean strict = IpAddresses.needsInterface6(dstHi, dstLo) || oif != 0 && anySource;
    return rules.find6(
        dstHi, dstLo, key.srcHi, key.srcLo, key.tos, key.mark, loopback, oif, oif, strict, false, !anySource,
        key.multipathHash(), key);
  }

  private static boolean isLocal(FibHop hop) {
    return hop.entry.type() == AddressType.LOCAL || hop.entry.type() == AddressType.ANYCAST;
  }

  /** ip6_route_get_saddr(): the route's {@code src}, else the best address for its interface and the destination. */
  Optional<IpAddress> source(Route route, FlowKey key) {
    if (route.failed() || route.preferredSource().isPresent()) {
      return route.preferredSource();
    }
    boolean here = route.type() == AddressType.LOCAL || route.type() == AddressType.ANYCAST;
    if (here && route.entry().isPresent()) {
      // The interface that has the address, not lo.
      int owner = data.position(route.entry().get().hops().get(0).device());
      return data.sources6.select(owner, key.dstHi, key.dstLo);
    }
    return data.sources6.select(data.position(route.out()), key.dstHi, key.dstLo);
  }

  /** match_lookup_rt6() in net/netfilter/xt_addrtype.c: bits of LOCAL, ANYCAST, UNREACHABLE. */
  int lookedUpTypes(long hi, long lo, NetDevice limit, boolean askLocal) {
    FibHop hop = find(hi, lo, FlowKey.ANY, limit);
    if (hop.failed()) {
      return AddressType.UNREACHABLE.bit();
    }
    int types = 0;
    if (limit == null ? hop.entry.type() == AddressType.LOCAL : askLocal && data.hasAddress6(limit, hi, lo)) {
      types |= AddressType.LOCAL.bit();
    }
    boolean subnetRouter = hop.prefixLength < 127 && !hop.hasGateway && hop.entry.destination().hi() == hi
        && hop.entry.destination().lo() == lo;
    if (hop.entry.type() == AddressType.ANYCAST || subnetRouter) {
      types |= AddressType.ANYCAST.bit();
    }
    return types;
  }
}
