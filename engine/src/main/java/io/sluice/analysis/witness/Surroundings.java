package io.sluice.analysis.witness;

import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.RouteEntry;
import io.sluice.ipset.IpSet;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Addresses that mean something to a host: its own, its neighbours', those behind its routes, the world's, set members. */
final class Surroundings {
  private static final int MOST_OF_A_SET = 16;
  private static final List<String> WORLD4 = List.of("203.0.113.77", "198.51.100.77", "192.0.2.77", "8.8.8.8");
  private static final List<String> WORLD6 = List.of("2001:db8:ffff::77", "2606:4700::1111", "2a00:1450::77");
  private static final List<String> SPECIAL4 =
      List.of("127.0.0.1", "255.255.255.255", "224.0.0.1", "224.0.0.251", "0.0.0.0", "169.254.1.1", "240.0.0.1");
  private static final List<String> SPECIAL6 = List.of("::1", "ff02::1", "ff02::fb", "::", "fe80::77");

  private final Set<IpAddress> all = new LinkedHashSet<>();
  private final List<IpAddress> list;
  private final Set<Long> ports = new LinkedHashSet<>();

  Surroundings(Host host, Family family) {
    List<IpAddress> own = new ArrayList<>();
    List<IpAddress> near = new ArrayList<>();
    List<IpAddress> far = new ArrayList<>();
    (family == Family.IPV4 ? WORLD4 : WORLD6).forEach(a -> far.add(IpAddress.of(a)));
    for (NetDevice device : host.network().devices()) {
      if (!device.isLoopback()) {
        device.addresses(family).forEach(a -> own.add(a.address()));
      }
    }
    for (NetDevice device : host.network().devices()) {
      if (!device.isLoopback()) {
        device.addresses(family).forEach(a -> neighbours(a.network(), own, near));
      }
    }
    for (RouteEntry route : host.network().routes()) {
      if (route.destination().family() == family && !route.destination().isAny()) {
        neighbours(route.destination(), own, near);
      }
      route.hops().forEach(hop -> hop.gateway().filter(g -> g.family() == family).ifPresent(near::add));
    }
    for (int i = 0; i < Math.max(Math.max(near.size(), own.size()), far.size()); i++) {
      at(near, i).ifPresent(all::add);
      at(own, i).ifPresent(all::add);
      at(far, i).ifPresent(all::add);
    }
    host.sets().all().forEach(set -> members(set, family));
    for (NetDevice device : host.network().devices()) {
      for (InterfaceAddress address : device.addresses(family)) {
        address.broadcast().ifPresent(all::add);
        address.peer().ifPresent(all::add);
      }
    }
    (family == Family.IPV4 ? SPECIAL4 : SPECIAL6).forEach(a -> all.add(IpAddress.of(a)));
    list = List.copyOf(all);
  }

  private static Optional<IpAddress> at(List<IpAddress> list, int index) {
    return index < list.size() ? Optional.of(list.get(index)) : Optional.empty();
  }

  /** Adds two addresses of a network that are not this host's. */
  private static void neighbours(AddressMask network, List<IpAddress> own, List<IpAddress> into) {
    int found = 0;
    for (int step = 1; step < 8 && found < 2; step++) {
      IpAddress address = Wishes.next(network.address(), step);
      if (network.matches(address.hi(), address.lo()) && !own.contains(address)) {
        into.add(address);
        found++;
      }
    }
    if (found == 0 && !own.contains(network.address())) {
      into.add(network.address());
    }
  }

  private void members(IpSet set, Family family) {
    int[] left = {MOST_OF_A_SET};
    boolean addresses = set.header().type().hasFamily() && set.header().family() == family;
    set.forEach(element -> {
      if (left[0]-- <= 0) {
        return;
      }
      if (element.port > 0) {
        ports.add((long) element.port);
      }
      if (addresses && (element.hi | element.lo) != 0) {
        all.add(new IpAddress(family, element.hi, element.lo));
        all.add(Wishes.next(new IpAddress(family, element.hi, element.lo), 1));
        if ((element.hi2 | element.lo2) != 0) {
          all.add(new IpAddress(family, element.hi2, element.lo2));
        }
      }
    });
  }

  /** The same as {@link #all}, to draw from. */
  List<IpAddress> list() {
    return list;
  }

  /** Ports that sets hold; of ICMP, types and codes. */
  Set<Long> ports() {
    return ports;
  }

  /** The addresses, the likeliest first. */
  Set<IpAddress> all() {
    return all;
  }
}
