package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The routes that the kernel makes of interface addresses by itself, for hosts whose dump lacks them.
 *
 * <p>Kernel: fib_add_ifaddr() in net/ipv4/fib_frontend.c; addrconf_add_dev(), addrconf_prefix_route() and
 * __ipv6_dev_ac_inc() in net/ipv6. As of Linux 5.14 a network's lowest address is no broadcast address.
 */
final class ConnectedRoutes {
  private static final AddressMask MULTICAST_6 = AddressMask.prefix(IpAddress.of("ff00::"), 8);

  private final List<RouteEntry> routes = new ArrayList<>();

  private ConnectedRoutes() {}

  /** All of one family, local table's and main table's. */
  static List<RouteEntry> of(Family family, List<NetDevice> devices, Sysctls sysctls) {
    ConnectedRoutes out = new ConnectedRoutes();
    for (NetDevice d : devices) {
      if (family == Family.IPV4) {
        out.addIpv4(d);
      } else if (d.up()) {
        DeviceConfig config = new DeviceConfig(sysctls, d);
        if (!config.disabled6) { // addrconf_ifdown() takes all routes of the interface away
          out.addIpv6(d, config.forwarding6);
        }
      }
    }
    return out.routes;
  }

  private void addIpv4(NetDevice d) {
    List<InterfaceAddress> addresses = d.addresses(Family.IPV4);
    for (InterfaceAddress a : addresses) {
      AddressMask net = a.network();
      boolean secondary = a.has(InterfaceAddress.Flag.SECONDARY);
      IpAddress source = !secondary ? a.address() : addresses.stream()
          .filter(p -> !p.has(InterfaceAddress.Flag.SECONDARY) && p.network().equals(net))
          .findFirst().orElse(a).address();
      add(AddressType.LOCAL, host(a.address()), RouteEntry.TABLE_LOCAL, Scope.HOST, d, source, 0);
      if (!d.up()) {
        continue;
      }
      a.broadcast().filter(b -> b.lo() != 0 && b.lo() != 0xffff_ffffL).ifPresent(
          b -> add(AddressType.BROADCAST, host(b), RouteEntry.TABLE_LOCAL, Scope.LINK, d, source, 0));
      boolean hostOnly = a.prefixLength() == 32 && net.lo() == a.address().lo();
      if (secondary || hostOnly || IpAddresses.isZeroNet4(net.lo())) {
        continue;
      }
      if (!a.has(InterfaceAddress.Flag.NOPREFIXROUTE)) {
        if (d.isLoopback()) {
          add(AddressType.LOCAL, net, RouteEntry.TABLE_LOCAL, Scope.HOST, d, source, 0);
        } else {
          add(AddressType.UNICAST, net, RouteEntry.TABLE_MAIN, Scope.LINK, d, source, 0);
        }
      }
      if (a.prefixLength() < 31) {
        IpAddress last = IpAddress.ipv4((int) (net.lo() | ~net.maskLo()));
        add(AddressType.BROADCAST, host(last), RouteEntry.TABLE_LOCAL, Scope.LINK, d, source, 0);
      }
    }
  }

  private void addIpv6(NetDevice d, boolean router) {
    for (InterfaceAddress a : d.addresses(Family.IPV6)) {
      AddressMask net = a.network();
      if (a.isOurs()) {
        add(AddressType.LOCAL, host(a.address()), RouteEntry.TABLE_LOCAL, Scope.GLOBAL, d, null, 0);
      }
      if (router && a.prefixLength() < 127 && !d.isLoopback()) {
        add(AddressType.ANYCAST, host(net.address()), RouteEntry.TABLE_LOCAL, Scope.GLOBAL, d, null, 0);
      }
      boolean loopback = IpAddresses.isLoopback(Family.IPV6, a.address().hi(), a.address().lo());
      if (!a.has(InterfaceAddress.Flag.NOPREFIXROUTE) && !loopback) {
        add(AddressType.UNICAST, net, RouteEntry.TABLE_MAIN, Scope.GLOBAL, d, null, 256);
      }
    }
    if (!d.isLoopback() && d.carrier()) {
      add(AddressType.MULTICAST, MULTICAST_6, RouteEntry.TABLE_LOCAL, Scope.GLOBAL, d, null, 256);
    }
  }

  private static AddressMask host(IpAddress address) {
    return AddressMask.prefix(address, address.family().addressBits());
  }

  /** Adds a line unless there is one just like it. */
  private void add(
      AddressType type, AddressMask destination, int table, int scope, NetDevice device, IpAddress source, long metric) {
    RouteEntry entry = new RouteEntry(
        type, destination, AddressMask.any(destination.family()), table, 0, metric, scope, "kernel",
        Optional.ofNullable(source), List.of(RouteEntry.Hop.on(device.name())), 0, false, 0, 0);
    if (!routes.contains(entry)) {
      routes.add(entry);
    }
  }
}
