package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Collects what the dumps say of a {@link Network}; {@link #build} adds what they leave out:
 *
 * <ul>
 *   <li>no {@link #devices}: the interfaces that routes, rules and {@link #mention} name, all up; their addresses as far
 *       as routes of the local table show them;
 *   <li>no route of the main table: the connected routes of the addresses; none of the local table: its routes;
 *   <li>no {@link #rules}: those that every namespace begins with;
 *   <li>{@code lo}, if it is not there, with 127.0.0.1/8 and ::1.
 * </ul>
 */
public final class NetworkBuilder {
  private final Map<String, NetDevice> devices = new LinkedHashMap<>();
  private boolean devicesGiven;
  private Sysctls sysctls = Sysctls.defaults();
  private final List<RouteEntry> routes = new ArrayList<>();
  private final Set<Family> routesGiven = EnumSet.noneOf(Family.class);
  private final List<PolicyRule> rules = new ArrayList<>();
  private final List<Neighbour> neighbours = new ArrayList<>();
  private Optional<List<JoinedGroup>> groups = Optional.empty();
  private final Set<Family> rulesGiven = EnumSet.noneOf(Family.class);
  private final Set<String> mentioned = new LinkedHashSet<>();
  private final Set<Aspect> untold = EnumSet.noneOf(Aspect.class);

  NetworkBuilder() {}

  /** One more interface; names and indexes are unique. */
  public NetworkBuilder device(NetDevice device) {
    if (devices.putIfAbsent(device.name(), device) != null) {
      throw new IllegalArgumentException("two interfaces have the same name: " + device);
    }
    devicesGiven = true;
    return this;
  }

  /** All interfaces there are. */
  public NetworkBuilder devices(List<NetDevice> list) {
    list.forEach(this::device);
    devicesGiven = true;
    return this;
  }

  /** An interface that must exist where {@link #devices} is not given: a rule of a rule set names it. */
  public NetworkBuilder mention(String device) {
    mentioned.add(device);
    return this;
  }

  /** Says that {@code port} belongs to the bridge {@code bridge}. */
  public NetworkBuilder bridgePort(String port, String bridge) {
    NetDevice p = devices.computeIfAbsent(port, this::invented);
    NetDevice b = devices.computeIfAbsent(bridge, this::invented);
    devices.put(port, p.withMaster(Optional.of(bridge)));
    devices.put(bridge, b.withKind(NetDevice.Kind.BRIDGE));
    return this;
  }

  public NetworkBuilder sysctls(Sysctls given) {
    this.sysctls = given;
    return this;
  }

  /** The routes of one family: all of its main table and, if any of the local table, all of that. */
  public NetworkBuilder routes(Family family, List<RouteEntry> entries) {
    routesGiven.add(family);
    routes.addAll(entries);
    return this;
  }

  /** All policy rules of one family. */
  public NetworkBuilder rules(Family family, List<PolicyRule> given) {
    rulesGiven.add(family);
    rules.addAll(given);
    return this;
  }

  /** Stations whose hardware addresses are known: bridges ask for them where NAT changes a destination. */
  public NetworkBuilder neighbours(List<Neighbour> given) {
    neighbours.addAll(given);
    return this;
  }

  /** The multicast groups that the interfaces are in, all of them. */
  public NetworkBuilder groups(List<JoinedGroup> given) {
    groups = Optional.of(given);
    return this;
  }

  /** Says that nothing is known of that: what is assumed in its place may be otherwise. */
  public NetworkBuilder untold(Aspect aspect) {
    untold.add(aspect);
    return this;
  }

  /** Throws IllegalArgumentException when a route or bridge names an interface that is not among {@link #devices}. */
  public Network build() {
    Map<String, NetDevice> all = new LinkedHashMap<>(devices);
    if (!devicesGiven) {
      new InferredDevices(routes, this::invented).into(all, names());
    }
    if (!all.containsKey("lo")) {
      NetDevice lo = NetDevice.loopback();
      boolean free = all.values().stream().noneMatch(d -> d.index() == 1);
      all.put("lo", free ? lo : lo.withIndex(nextIndex(all)));
    }
    List<NetDevice> list = new ArrayList<>(all.values());
    list.sort(Comparator.comparingInt(NetDevice::index));
    check(list, all);
    List<RouteEntry> complete = new ArrayList<>(routes);
    for (Family family : Family.values()) {
      List<RouteEntry> connected = ConnectedRoutes.of(family, list, sysctls);
      boolean localGiven = routes.stream()
          .anyMatch(r -> r.destination().family() == family && r.table() == RouteEntry.TABLE_LOCAL);
      connected.stream()
          .filter(r -> r.table() == RouteEntry.TABLE_LOCAL ? !localGiven : !routesGiven.contains(family))
          .forEach(complete::add);
    }
    List<PolicyRule> allRules = new ArrayList<>(rules);
    for (Family family : Family.values()) {
      if (!rulesGiven.contains(family)) {
        allRules.addAll(FibRules.defaults(family));
      }
    }
    return new Network(list, sysctls, complete, allRules, neighbours, groups, untold);
  }

  private void check(List<NetDevice> list, Map<String, NetDevice> all) {
    Set<Integer> indexes = new HashSet<>();
    for (NetDevice d : list) {
      if (!indexes.add(d.index())) {
        throw new IllegalArgumentException("two interfaces have the same index: " + d + ", index=" + d.index());
      }
    }
    routes.forEach(r -> r.hops().stream().filter(h -> !all.containsKey(h.device())).forEach(h -> {
      throw new IllegalArgumentException(
          "route to " + r.destination() + " is over interface " + h.device() + ", which is not there");
    }));
    list.forEach(d -> d.master().filter(m -> !all.containsKey(m)).ifPresent(m -> {
      throw new IllegalArgumentException("interface " + d + " is a port of " + m + ", which is not there");
    }));
  }

  private Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    routes.forEach(r -> r.hops().forEach(h -> names.add(h.device())));
    rules.forEach(r -> {
      names.add(r.inInterface());
      names.add(r.outInterface());
    });
    names.addAll(mentioned);
    names.remove("");
    return names;
  }

  private NetDevice invented(String name) {
    return name.equals("lo") ? NetDevice.loopback() : NetDevice.named(Math.max(2, nextIndex(devices)), name);
  }

  private static int nextIndex(Map<String, NetDevice> all) {
    return all.values().stream().mapToInt(NetDevice::index).max().orElse(0) + 1;
  }

  /** Interfaces of which only routes are known. */
  private record InferredDevices(List<RouteEntry> routes, Function<String, NetDevice> inventor) {
    void into(Map<String, NetDevice> all, Set<String> names) {
      for (String name : names) {
        if (!all.containsKey(name)) {
          NetDevice d = inventor.apply(name);
          all.put(name, d.isLoopback() ? d : d.withIndex(Math.max(2, nextIndex(all))));
        }
      }
      for (NetDevice d : List.copyOf(all.values())) {
        if (d.addresses().isEmpty()) {
          all.put(d.name(), d.withAddresses(addresses(d.name())));
        }
      }
    }

    /** Local routes show addresses, the connected routes with such a source their networks. */
    private List<InterfaceAddress> addresses(String device) {
      Map<IpAddress, Integer> found = new LinkedHashMap<>();
      for (RouteEntry r : routes) {
        boolean here = r.hops().stream().anyMatch(h -> h.device().equals(device) && h.gateway().isEmpty());
        int bits = r.destination().prefixLength();
        if (here && r.type() == AddressType.LOCAL && bits == r.destination().family().addressBits()) {
          found.putIfAbsent(r.destination().address(), bits);
        } else if (here && r.type() == AddressType.UNICAST && r.protocol().equals("kernel")) {
          r.preferredSource().filter(s -> r.destination().matches(s.hi(), s.lo())).ifPresent(s -> found.put(s, bits));
        }
      }
      for (RouteEntry r : routes) {
        if (r.destination().family() == Family.IPV6 && r.type() == AddressType.UNICAST && r.protocol().equals("kernel")
            && r.hops().stream().anyMatch(h -> h.device().equals(device))) {
          found.replaceAll((a, bits) -> a.family() == Family.IPV6 && r.destination().matches(a.hi(), a.lo())
              ? Math.min(bits, r.destination().prefixLength()) : bits);
        }
      }
      List<InterfaceAddress> list = new ArrayList<>();
      found.forEach((a, bits) -> list.add(InterfaceAddress.of(a, bits)));
      return list;
    }
  }
}
