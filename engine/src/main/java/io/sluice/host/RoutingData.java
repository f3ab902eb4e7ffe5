package io.sluice.host;

import io.sluice.host.Route.Failure;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What both families' routing looks at: tables, rules, knobs and addresses, prepared for look-ups. Immutable. */
final class RoutingData {
  private static final AddressMask GROUP_4 = AddressMask.prefix(IpAddress.of("224.0.0.0"), 4);
  private static final AddressMask EVERYBODY_4 = AddressMask.prefix(IpAddress.of("255.255.255.255"), 32);

  /** Routes of an interface that no table is needed for. */
  record Direct(Route unicast, Route localMulticast, Route multicast, Route broadcast, Route local) {}

  final NetDevice loopback;
  final DeviceConfig[] config;
  final MulticastGroups[] groups;
  final Sources4 sources4;
  final Sources6 sources6;
  final FibRules rules4;
  final FibRules rules6;
  final FibTable local4;
  final FibTable merged4;
  final boolean customLocalRoutes4;
  final boolean realmsUsed4;
  final boolean forwarding6;
  /** Whether rules were added, or some route has a TOS. */
  final boolean marksOrTos4;
  final boolean marksOrTos6;
  final Route broadcastDelivery;
  final Route multicastDelivery;

  private final List<NetDevice> devices;
  private final Int2IntOpenHashMap positions = new Int2IntOpenHashMap();
  private final Map<String, Integer> indexes = new HashMap<>();
  private final Direct[] direct;
  private final Long2ObjectOpenHashMap<NetDevice> owners4 = new Long2ObjectOpenHashMap<>();

  RoutingData(Network network) {
    devices = network.devices();
    loopback = network.loopback();
    config = new DeviceConfig[devices.size()];
    groups = new MulticastGroups[devices.size()];
    direct = new Direct[devices.size()];
    positions.defaultReturnValue(-1);
    for (int i = 0; i < devices.size(); i++) {
      NetDevice d = devices.get(i);
      positions.put(d.index(), i);
      indexes.put(d.name(), d.index());
      config[i] = new DeviceConfig(network.sysctls(), d);
      groups[i] = new MulticastGroups(d, config[i].forwarding6, network.groups().orElse(List.of()));
      d.addresses(Family.IPV4).forEach(a -> owners4.putIfAbsent(a.address().lo(), d));
    }
    sources4 = new Sources4(devices, config);
    sources6 = new Sources6(devices, config);
    for (int i = 0; i < devices.size(); i++) {
      direct[i] = direct(i);
    }
    broadcastDelivery = Route.direct(AddressType.BROADCAST, loopback, loopback.mtu(), Optional.empty());
    multicastDelivery = Route.direct(AddressType.MULTICAST, loopback, loopback.mtu(), Optional.empty());

    List<RouteEntry> v4 = network.routes().stream().filter(r -> r.destination().family() == Family.IPV4).toList();
    List<RouteEntry> v6 = network.routes().stream().filter(r -> r.destination().family() == Family.IPV6).toList();
    customLocalRoutes4 = v4.stream().anyMatch(r -> r.type() == AddressType.LOCAL && !r.protocol().equals("kernel"));
    realmsUsed4 = v4.stream().anyMatch(r -> r.realm() != 0)
        || network.rules().stream().anyMatch(r -> r.family() == Family.IPV4 && r.realm() != 0);
    forwarding6 = network.sysctls().flag("net.ipv6.conf.all.forwarding", false);
    Map<Integer, FibTable> tables4 = tables(Family.IPV4, v4);
    Map<Integer, FibTable> tables6 = tables(Family.IPV6, v6);
    List<RouteEntry> localAndMain = v4.stream()
        .filter(r -> r.table() == RouteEntry.TABLE_LOCAL || r.table() == RouteEntry.TABLE_MAIN).toList();
    merged4 = new FibTable(Family.IPV4, localAndMain, this::hops);
    local4 = tables4.get(RouteEntry.TABLE_LOCAL);
    rules4 = new FibRules(Family.IPV4, rules(network, Family.IPV4), tables4, merged4, indexes);
    rules6 = new FibRules(Family.IPV6, rules(network, Family.IPV6), tables6, merged4, indexes);
    marksOrTos4 = rules4.isCustom() || v4.stream().anyMatch(r -> r.tos() != 0);
    marksOrTos6 = rules6.isCustom() || v6.stream().anyMatch(r -> r.tos() != 0);
  }

  private static List<PolicyRule> rules(Network network, Family family) {
    return network.rules().stream().filter(r -> r.family() == family).toList();
  }

  private Map<Integer, FibTable> tables(Family family, List<RouteEntry> entries) {
    Map<Integer, List<RouteEntry>> byNumber = new TreeMap<>();
    byNumber.put(RouteEntry.TABLE_LOCAL, new ArrayList<>());
    byNumber.put(RouteEntry.TABLE_MAIN, new ArrayList<>());
    entries.forEach(e -> byNumber.computeIfAbsent(e.table(), n -> new ArrayList<>()).add(e));
    Map<Integer, FibTable> tables = new HashMap<>();
    byNumber.forEach((number, list) -> tables.put(number, new FibTable(family, list, this::hops)));
    return tables;
  }

  private Direct direct(int position) {
    NetDevice d = devices.get(position);
    Optional<IpAddress> source = sources4.select(position, 0, Scope.LINK);
    return new Direct(
        Route.direct(AddressType.UNICAST, d, d.mtu(), source),
        Route.direct(AddressType.MULTICAST, d, d.mtu(), source),
        Route.direct(AddressType.MULTICAST, d, d.mtu(), sources4.select(position, 0, Scope.GLOBAL)),
        Route.direct(AddressType.BROADCAST, d, d.mtu(), source),
        Route.direct(AddressType.LOCAL, loopback, loopback.mtu(), sources4.select(position, 0, Scope.HOST)));
  }

  /** Where in the list of devices, and so in the arrays here, an interface stands. */
  int position(NetDevice device) {
    int position = positions.get(device.index());
    if (position < 0) {
      throw new IllegalArgumentException("interface is not of this network: " + device);
    }
    return position;
  }

  /** As {@link #position(NetDevice)}, for an interface that a route names. */
  int position(String name) {
    return positions.get((int) indexes.get(name));
  }

  /** Whether the interface has the IPv6 address, and nobody may yet turn out to have it too. */
  boolean hasAddress6(NetDevice device, long hi, long lo) {
    for (InterfaceAddress a : devices.get(position(device)).addresses()) {
      if (a.address().family() == Family.IPV6 && a.address().hi() == hi && a.address().lo() == lo
          && !a.has(InterfaceAddress.Flag.TENTATIVE)) {
        return true;
      }
    }
    return false;
  }

  Direct direct(NetDevice device) {
    return direct[position(device)];
  }

  /** The first interface with the IPv4 address; null for none. */
  NetDevice ownerOf4(long address) {
    return owners4.get(address);
  }

  /** The hops of a line with all the routes that they can end in. */
  private FibHop[] hops(RouteEntry entry) {
    Failure error = failure(entry.type());
    FibHop[] hops;
    if (error != Failure.NONE) {
      Route route = Route.failed(error, Optional.of(entry));
      hops = new FibHop[] {
        new FibHop(entry, loopback, RouteEntry.Hop.on("lo"), false, 0, FibHop.Ends.error(route))
      };
    } else {
      hops = new FibHop[entry.hops().size()];
      for (int i = 0; i < hops.length; i++) {
        hops[i] = hop(entry, entry.hops().get(i));
      }
    }
    for (FibHop hop : hops) {
      hop.siblings = hops;
    }
    return hops;
  }

  private static Failure failure(AddressType type) {
    switch (type) {
      case BLACKHOLE:
        return Failure.BLACKHOLE;
      case UNREACHABLE:
        return Failure.UNREACHABLE;
      case PROHIBIT:
        return Failure.PROHIBIT;
      case THROW:
        return Failure.NO_ROUTE;
      default:
        return Failure.NONE;
    }
  }

  private FibHop hop(RouteEntry entry, RouteEntry.Hop hop) {
    NetDevice device = devices.get(position(hop.device()));
    DeviceConfig c = config[position(device)];
    boolean v4 = entry.destination().family() == Family.IPV4;
    boolean ignored = hop.linkDown() && (v4 ? c.ignoreLinkDown4 : c.ignoreLinkDown6);
    Optional<IpAddress> source = entry.preferredSource();
    Optional<IpAddress> own = Optional.empty();
    if (v4) {
      long gateway = hop.gateway().filter(g -> g.family() == Family.IPV4).map(IpAddress::lo).orElse(0L);
      own = sources4.select(position(device), gateway, entry.scope());
      boolean here = entry.type() == AddressType.LOCAL;
      source = source.isPresent() || here ? source : own;
    }
    AddressType type = entry.type();
    boolean local = type == AddressType.LOCAL || type == AddressType.ANYCAST;
    NetDevice out = local ? loopback : device;
    int linkMtu = v4 ? out.mtu() : config[position(out)].mtu6;
    int mtu = entry.mtu() != 0 ? entry.mtu() : linkMtu;
    Shape shape = new Shape(entry, hop.gateway(), out, mtu);
    // A default route says by which interface groups and everybody are reached, but its gateway is not asked.
    Optional<IpAddress> groupGateway = v4 && entry.destination().prefixLength() < 4 ? Optional.empty() : hop.gateway();
    Shape group = new Shape(entry, groupGateway, out, mtu);
    Optional<IpAddress> bound = v4 ? sources4.select(position(device), 0, Scope.GLOBAL) : source;
    // A table may have a hundred thousand lines: what a line cannot end in is not made for it.
    boolean groups = covers(entry.destination(), GROUP_4) || !v4 && entry.destination().hi() >>> 56 == 0xff
        || !v4 && entry.destination().prefixLength() < 8;
    Route send = shape.route(type, source, false);
    Route forward = type == AddressType.UNICAST ? send : shape.route(AddressType.UNICAST, source, false);
    FibHop.Ends ends = new FibHop.Ends(
        send, forward, shape.route(AddressType.UNICAST, source, true),
        local || type == AddressType.MULTICAST ? shape.delivery(loopback, source) : send,
        groups ? group.route(AddressType.MULTICAST, source, false) : send,
        groups ? group.route(AddressType.MULTICAST, bound, false) : send,
        covers(entry.destination(), EVERYBODY_4)
            ? Route.direct(AddressType.BROADCAST, device, linkMtu, source) : send);
    return new FibHop(entry, device, hop, ignored, own.map(IpAddress::lo).orElse(0L), ends);
  }

  /** Whether an IPv4 network has an address with these bits in it, or is within them. */
  private static boolean covers(AddressMask network, AddressMask other) {
    return network.family() == Family.IPV4
        && (network.matches(0, other.lo()) || other.matches(0, network.lo()));
  }

  /** What the routes of one hop have in common. */
  private record Shape(RouteEntry entry, Optional<IpAddress> gateway, NetDevice out, int mtu) {
    Route route(AddressType type, Optional<IpAddress> source, boolean redirect) {
      return new Route(
          type, Failure.NONE, out, gateway, mtu, entry.mtuLocked(), source, redirect, entry.hops().size() > 1,
          entry.realm(), Optional.of(entry));
    }

    Route delivery(NetDevice loopback, Optional<IpAddress> source) {
      return new Route(
          entry.type(), Failure.NONE, loopback, Optional.empty(), mtu, entry.mtuLocked(), source, false, false,
          entry.realm(), Optional.of(entry));
    }
  }
}
