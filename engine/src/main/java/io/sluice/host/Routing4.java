package io.sluice.host;

import io.sluice.host.Route.Failure;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * IPv4 routing: the checks around the tables, in the kernel's order.
 *
 * <p>Kernel: ip_route_input_slow(), __mkroute_input(), ip_route_output_key_hash_rcu() and __mkroute_output() in
 * net/ipv4/route.c; fib_validate_source() in net/ipv4/fib_frontend.c.
 */
final class Routing4 {
  private static final Route MARTIAN_SOURCE = Route.failed(Failure.MARTIAN_SOURCE, Optional.empty());
  private static final Route MARTIAN_DESTINATION = Route.failed(Failure.MARTIAN_DESTINATION, Optional.empty());
  private static final Route REVERSE_PATH = Route.failed(Failure.REVERSE_PATH, Optional.empty());
  private static final Route NOT_JOINED = Route.failed(Failure.NOT_JOINED, Optional.empty());
  private static final Route NO_FORWARDING = Route.failed(Failure.FORWARDING_DISABLED, Optional.empty());
  private static final Route INVALID_SOURCE = Route.failed(Failure.INVALID_SOURCE, Optional.empty());
  private static final Route DEVICE_DOWN = Route.failed(Failure.DEVICE_DOWN, Optional.empty());

  private static final Route MARTIAN_BY_CHOICE = Route.failedByChoice(Failure.MARTIAN_SOURCE);
  private static final Route REVERSE_PATH_BY_CHOICE = Route.failedByChoice(Failure.REVERSE_PATH);
  private static final Route INVALID_BY_CHOICE = Route.failedByChoice(Failure.INVALID_SOURCE);

  /** Results of {@link #validateSource}: a source is fine, and also directly reachable by the in-interface; or not. */
  private static final int OK = 0;

  private static final int OK_DIRECT = 1;
  private static final int BAD_SOURCE = 2;
  private static final int BAD_PATH = 3;

  private final RoutingData data;
  private final FibRules rules;
  private final FibTable localTable;
  private final Sources4 sources;
  private final int loopback;

  /** Somebody added local routes that no address stands behind: fib_has_custom_local_routes. */
  private final boolean customLocalRoutes;

  private final boolean realmsUsed;
  private volatile int[] typeBounds;

  Routing4(RoutingData data) {
    this.data = data;
    this.rules = data.rules4;
    this.localTable = rules.isCustom() ? data.local4 : data.merged4;
    this.sources = data.sources4;
    this.loopback = data.loopback.index();
    this.customLocalRoutes = data.customLocalRoutes4;
    this.realmsUsed = data.realmsUsed4;
  }

  Route input(FlowKey key, NetDevice in) {
    long src = key.srcLo;
    long dst = key.dstLo;
    int device = data.position(in);
    DeviceConfig config = data.config[device];
    if (IpAddresses.isMulticast(Family.IPV4, 0, dst)) {
      return multicastInput(key, in, device, config);
    }
    if (IpAddresses.isMulticast(Family.IPV4, 0, src) || IpAddresses.isLimitedBroadcast(Family.IPV4, src)) {
      return MARTIAN_SOURCE;
    }
    if (IpAddresses.isLimitedBroadcast(Family.IPV4, dst) || src == 0 && dst == 0) {
      return broadcastInput(key, in, device, config);
    }
    if (IpAddresses.isZeroNet4(src)) {
      return MARTIAN_SOURCE;
    }
    if (IpAddresses.isZeroNet4(dst)) {
      return MARTIAN_DESTINATION;
    }
    if (!config.routeLocalnet) {
      if (IpAddresses.isLoopback(Family.IPV4, 0, dst)) {
        return MARTIAN_DESTINATION;
      }
      if (IpAddresses.isLoopback(Family.IPV4, 0, src)) {
        return MARTIAN_SOURCE;
      }
    }
    FibHop hop = rules.find4(dst, src, key.tos, key.mark, in.index(), 0, false, key, false);
    if (hop.failed()) {
      return config.forwarding4 ? hop.send : NO_FORWARDING;
    }
    switch (hop.entry.type()) {
      case BROADCAST:
        return config.broadcastForwarding ? forward(hop, key, in, device, config)
            : broadcastInput(key, in, device, config);
      case LOCAL:
        int check = validateSource(src, dst, 0, key, in, device, config);
        return check >= BAD_SOURCE ? refused(check) : hop.deliver;
      case UNICAST:
        return config.forwarding4 ? forward(hop, key, in, device, config) : NO_FORWARDING;
      default:
        return config.forwarding4 ? MARTIAN_DESTINATION : NO_FORWARDING;
    }
  }

  private Route forward(FibHop found, FlowKey key, NetDevice in, int device, DeviceConfig config) {
    boolean choice = found.siblings.length > 1;
    // ip_mkroute_input() does not say from whom: only a local sender's address counts for a hop.
    FibHop hop = choice ? FibTable.select4(found.siblings, 0, key.multipathHash()) : found;
    int check = validateSource(key.srcLo, key.dstLo, hop.device.index(), key, in, device, config);
    if (check >= BAD_SOURCE) {
      return choice ? refusedByChoice(check) : refused(check);
    }
    boolean back = check == OK_DIRECT && hop.device.index() == in.index() && config.sendRedirects;
    if (back && (config.sharedMedia || sources.onLink(device, key.srcLo, gateway4(hop)))) {
      return hop.redirect;
    }
    return hop.forward;
  }

  private static long gateway4(FibHop hop) {
    Optional<IpAddress> gateway = hop.send.gateway();
    return gateway.isPresent() && gateway.get().family() == Family.IPV4 ? gateway.get().lo() : 0;
  }

  private Route broadcastInput(FlowKey key, NetDevice in, int device, DeviceConfig config) {
    if (!IpAddresses.isZeroNet4(key.srcLo)) {
      int check = validateSource(key.srcLo, 0, 0, key, in, device, config);
      if (check >= BAD_SOURCE) {
        return refused(check);
      }
    }
    return data.broadcastDelivery;
  }

  private Route multicastInput(FlowKey key, NetDevice in, int device, DeviceConfig config) {
    if (!data.groups[device].joined(Family.IPV4, 0, key.dstLo)) {
      return NOT_JOINED;
    }
    long src = key.srcLo;
    if (IpAddresses.isMulticast(Family.IPV4, 0, src) || IpAddresses.isLimitedBroadcast(Family.IPV4, src)
        || IpAddresses.isLoopback(Family.IPV4, 0, src) && !config.routeLocalnet) {
      return MARTIAN_SOURCE;
    }
    if (IpAddresses.isZeroNet4(src)) {
      return IpAddresses.isLocalMulticast4(key.dstLo) || key.protocol == Protocols.IGMP
          ? data.multicastDelivery : MARTIAN_SOURCE;
    }
    int check = validateSource(src, 0, 0, key, in, device, config);
    return check >= BAD_SOURCE ? refused(check) : data.multicastDelivery;
  }

  private static Route refused(int check) {
    return check == BAD_PATH ? REVERSE_PATH : MARTIAN_SOURCE;
  }

  private static Route refusedByChoice(int check) {
    return check == BAD_PATH ? REVERSE_PATH_BY_CHOICE : MARTIAN_BY_CHOICE;
  }

  /** fib_validate_source(): martian sources, rp_filter, and whether the source is a neighbour on the in-interface. */
  private int validateSource(long src, long dst, int oif, FlowKey key, NetDevice in, int device, DeviceConfig config) {
    if (config.reversePathFilter == 0 && !realmsUsed && (in.index() != oif || !config.sendRedirects)) {
      if (config.acceptLocal) {
        return OK;
      }
      if (!customLocalRoutes && !rules.isCustom()) {
        return sources.isOwn(src) ? BAD_SOURCE : OK;
      }
    }
    int mark = config.sourceValidMark ? key.mark : 0;
    int iif = oif != 0 ? oif : loopback;
    FibHop back = rules.find4(src, dst, key.tos, mark, iif, 0, false, key, true);
    if (back.failed()) {
      return config.reversePathFilter != 0 ? BAD_PATH : OK;
    }
    AddressType type = back.entry.type();
    if (type != AddressType.UNICAST && (type != AddressType.LOCAL || !config.acceptLocal)) {
      return BAD_SOURCE;
    }
    if (uses(back.siblings, in) || type == AddressType.LOCAL && in.isLoopback()) {
      return back.hasGateway ? OK : OK_DIRECT;
    }
    if (!sources.hasAddress(device)) {
      return config.reversePathFilter != 0 ? BAD_PATH : OK;
    }
    if (config.reversePathFilter == 1) {
      return BAD_PATH;
    }
    FibHop overIn = rules.find4(src, dst, key.tos, mark, iif, in.index(), true, key, true);
    return !overIn.failed() && overIn.entry.type() == AddressType.UNICAST && !overIn.hasGateway ? OK_DIRECT : OK;
  }

  private static boolean uses(FibHop[] hops, NetDevice device) {
    for (FibHop hop : hops) {
      if (hop.device.index() == device.index()) {
        return true;
      }
    }
    return false;
  }

  /** rpfilter_lookup_reverse() in net/ipv4/netfilter/ipt_rpfilter.c: the tables alone, without a sender's checks. */
  boolean isReverse(FlowKey key, NetDevice in, boolean loose, boolean acceptLocal) {
    FibHop back = rules.find4(key.dstLo, key.srcLo, key.tos, key.mark, loopback, 0, false, key, false);
    if (back.failed()) {
      return false;
    }
    AddressType type = back.entry.type();
    return (type == AddressType.UNICAST || type == AddressType.LOCAL && acceptLocal) && (loose || uses(back.siblings, in));
  }

  Route output(FlowKey key, NetDevice bound) {
    long src = key.srcLo;
    long dst = key.dstLo;
    boolean group = IpAddresses.isMulticast(Family.IPV4, 0, dst);
    boolean everybody = IpAddresses.isLimitedBroadcast(Family.IPV4, dst);
    if (src != 0) {
      if (IpAddresses.isMulticast(Family.IPV4, 0, src) || IpAddresses.isLimitedBroadcast(Family.IPV4, src)
          || IpAddresses.isZeroNet4(src)) {
        return INVALID_SOURCE;
      }
      if (bound == null && (group || everybody)) {
        NetDevice owner = ownerOf(src);
        return owner == null ? INVALID_SOURCE : direct(owner, key);
      }
      if (!key.anySource && ownerOf(src) == null) {
        return INVALID_SOURCE;
      }
    }
    if (bound != null) {
      if (!bound.up()) {
        return DEVICE_DOWN;
      }
      if (IpAddresses.isLocalMulticast4(dst) || everybody || key.protocol == Protocols.IGMP) {
        return direct(bound, key);
      }
    }
    if (dst == 0) {
      // To nobody means to oneself.
      return data.direct(bound == null ? data.loopback : bound).local();
    }
    boolean chooseFirst = src == 0 && bound != null && group;
    if (chooseFirst) {
      Optional<IpAddress> chosen = data.direct(bound).multicast().preferredSource();
      src = chosen.isPresent() ? chosen.get().lo() : 0;
    }
    FibHop hop = rules.find4(dst, src, key.tos, key.mark, loopback, bound == null ? 0 : bound.index(), false, key, false);
    if (hop.failed()) {
      return bound != null ? direct(bound, key) : hop.send;
    }
    if (hop.entry.type() == AddressType.LOCAL) {
      if (chooseFirst) { // a group that is an address of the host's own, too
        return Route.direct(AddressType.MULTICAST, data.loopback, data.loopback.mtu(), data.direct(bound).multicast().preferredSource());
      }
      return everybody ? data.broadcastDelivery : group ? data.multicastDelivery : hop.deliver;
    }
    boolean choice = bound == null && hop.siblings.length > 1;
    if (choice) {
      hop = FibTable.select4(hop.siblings, src, key.multipathHash());
    }
    if (refuseLoopback(hop.device, src)) {
      return choice ? INVALID_BY_CHOICE : INVALID_SOURCE;
    }
    if (everybody) {
      return hop.broadcast;
    }
    if (group) {
      return chooseFirst ? hop.boundMulticast : hop.multicast;
    }
    return hop.send;
  }

  /** See {@link Routing#looped}. */
  Route looped(FlowKey key, Route sent) {
    MulticastGroups groups = data.groups[data.position(sent.out())];
    boolean joined = sent.type() != AddressType.MULTICAST || groups.joined(Family.IPV4, 0, key.dstLo);
    return !joined ? NOT_JOINED : sent.isLocalDelivery() ? sent : data.direct(sent.out()).local();
  }

  /** A packet that needs no table: to a group, to everybody, or to whoever is on the link. */
  private Route direct(NetDevice out, FlowKey key) {
    if (refuseLoopback(out, key.srcLo)) {
      return INVALID_SOURCE;
    }
    RoutingData.Direct routes = data.direct(out);
    if (IpAddresses.isLimitedBroadcast(Family.IPV4, key.dstLo)) {
      return routes.broadcast();
    }
    if (IpAddresses.isMulticast(Family.IPV4, 0, key.dstLo)) {
      boolean local = IpAddresses.isLocalMulticast4(key.dstLo) || key.protocol == Protocols.IGMP;
      return local ? routes.localMulticast() : routes.multicast();
    }
    return routes.unicast();
  }

  private boolean refuseLoopback(NetDevice out, long src) {
    return IpAddresses.isLoopback(Family.IPV4, 0, src) && !out.isLoopback()
        && !data.config[data.position(out)].routeLocalnet;
  }

  /** __ip_dev_find(): the interface that has the address, by address list or by the local table; null for none. */
  private NetDevice ownerOf(long address) {
    if (sources.isOwn(address)) {
      return data.ownerOf4(address);
    }
    FibHop hop = localTable.find4(address, 0, 0, false);
    return hop != null && !hop.failed() && hop.entry.type() == AddressType.LOCAL ? hop.device : null;
  }

  Optional<IpAddress> source(Route route, FlowKey key) {
    if (route.failed() || route.preferredSource().isPresent()) {
      return route.preferredSource();
    }
    // One speaks with oneself from the address that one speaks to.
    return route.out().isLoopback() ? Optional.of(IpAddress.ipv4((int) key.dstLo)) : Optional.empty();
  }

  AddressType addressType(long address, NetDevice limit) {
    if (IpAddresses.isZeroNet4(address) || IpAddresses.isLimitedBroadcast(Family.IPV4, address)) {
      return AddressType.BROADCAST;
    }
    if (IpAddresses.isMulticast(Family.IPV4, 0, address)) {
      return AddressType.MULTICAST;
    }
    FibHop hop = localTable.find4(address, 0, 0, false);
    if (hop == null || hop.failed() || limit != null && hop.siblings[0].device.index() != limit.index()) {
      return AddressType.UNICAST;
    }
    return hop.entry.type();
  }

  /** See {@link Routing#addressTypeBounds4}. Found when it is first asked: a full Internet table has two million intervals. */
  int[] addressTypeBounds() {
    int[] bounds = typeBounds;
    if (bounds == null) {
      IntStream known = Stream.of("0.0.0.0", "0.0.0.1", "224.0.0.0", "240.0.0.0", "255.255.255.255")
          .mapToInt(address -> (int) IpAddress.of(address).lo());
      long[] starts = IntStream.concat(known, localTable.starts4()).mapToLong(Integer::toUnsignedLong).sorted().toArray();
      bounds = IntStream.range(0, starts.length)
          .filter(i -> i == 0 || addressType(starts[i], null) != addressType(starts[i - 1], null))
          .map(i -> (int) starts[i]).toArray();
      typeBounds = bounds;
    }
    return bounds;
  }
}
