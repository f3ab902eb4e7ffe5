package io.sluice.analysis.lint;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.AddressType;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.PolicyRule;
import io.sluice.host.RouteEntry;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which destinations routes may send out by which interface: longest prefix first, any metric, any next hop. What a table throws
 * is looked up in the next.
 */
final class Routes {
  private static final Set<AddressType> OWN =
      Set.of(AddressType.LOCAL, AddressType.BROADCAST, AddressType.ANYCAST, AddressType.MULTICAST);

  private final Space space;
  private final Network network;

  Routes(Space space, Network network) {
    this.space = space;
    this.network = network;
  }

  /**
   * Whether packets are looked up in tables local, main and default only, only table local has own addresses, and, but for IPv6's
   * groups, nothing else.
   */
  boolean isPlain() {
    List<PolicyRule> rules = network.rules().stream().filter(r -> r.family() == space.family()).toList();
    List<Integer> tables = List.of(RouteEntry.TABLE_LOCAL, RouteEntry.TABLE_MAIN, RouteEntry.TABLE_DEFAULT);
    List<PolicyRule> plain = List.of(PolicyRule.lookup(space.family(), 0, RouteEntry.TABLE_LOCAL),
        PolicyRule.lookup(space.family(), 32766, RouteEntry.TABLE_MAIN),
        PolicyRule.lookup(space.family(), 32767, RouteEntry.TABLE_DEFAULT));
    return plain.containsAll(rules) && rules.contains(plain.get(0))
        && network.routes().stream().filter(r -> r.destination().family() == space.family() && tables.contains(r.table()))
            .allMatch(r -> isOfOwn(r) == (r.table() == RouteEntry.TABLE_LOCAL));
  }

  private static boolean isOfOwn(RouteEntry route) {
    boolean group = route.destination().family() == Family.IPV6 && route.destination().hi() >>> 56 == 0xff;
    return group ? route.table() == RouteEntry.TABLE_LOCAL : OWN.contains(route.type());
  }

  /** One cube an interface: what the main table, or else the default table, may send there. */
  List<Cube> forwarded() {
    List<Cube> cubes = new ArrayList<>();
    byDevice().forEach((name, addresses) -> network.device(name).ifPresent(device -> {
      Cube cube = Cube.all().with(space.axis(Field.OUT_INTERFACE), ValueSet.of(space.interfaceValue(device)))
          .with(space.axis(Field.DESTINATION), addresses);
      if (cube != null) {
        cubes.add(cube);
      }
    }));
    return cubes;
  }

  /** The addresses that routes send out by the interface: who answers from there. */
  ValueSet behind(NetDevice device) {
    return byDevice().getOrDefault(device.name(), ValueSet.none());
  }

  private Map<String, ValueSet> byDevice() {
    Map<String, ValueSet> byDevice = new LinkedHashMap<>();
    ValueSet taken = ValueSet.none();
    for (int table : List.of(RouteEntry.TABLE_MAIN, RouteEntry.TABLE_DEFAULT)) {
      Map<Integer, List<RouteEntry>> byLength = new TreeMap<>(Comparator.reverseOrder());
      for (RouteEntry route : network.routes()) {
        if (route.table() == table && route.destination().family() == space.family()) {
          byLength.computeIfAbsent(route.destination().prefixLength(), k -> new ArrayList<>()).add(route);
        }
      }
      ValueSet thrown = ValueSet.none();
      for (List<RouteEntry> equal : byLength.values()) {
        for (RouteEntry route : equal) {
          ValueSet rest = addresses(route).minus(taken);
          thrown = route.type() == AddressType.THROW ? ValueSet.union(List.of(thrown, rest)) : thrown;
          route.hops().forEach(hop -> byDevice.merge(hop.device(), rest, (a, b) -> ValueSet.union(List.of(a, b))));
        }
        // A route for some packets only, or one that is down, leaves others to shorter prefixes.
        List<ValueSet> certain = new ArrayList<>(List.of(taken));
        equal.stream().filter(Routes::isCertain).forEach(route -> certain.add(addresses(route)));
        taken = ValueSet.union(certain);
      }
      taken = taken.minus(thrown);
    }
    return byDevice;
  }

  private static boolean isCertain(RouteEntry route) {
    return route.tos() == 0 && route.source().isAny() && route.type() == AddressType.UNICAST
        && route.hops().stream().noneMatch(hop -> hop.dead() || hop.linkDown());
  }

  private ValueSet addresses(RouteEntry route) {
    AddressMask to = route.destination();
    return ValueSet.prefix(to.hi(), to.lo(), to.prefixLength(), space.family().addressBits());
  }
}
