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
import java.util.stream.Collectors;

/**
 * Which destinations routes may send out by which interface: longest prefix first, any metric, any next hop, in any of the tables
 * that policy rules lead to. What a table throws is looked up in the next.
 */
final class Routes {
  private static final Set<AddressType> OWN =
      Set.of(AddressType.LOCAL, AddressType.BROADCAST, AddressType.ANYCAST, AddressType.MULTICAST);

  private final Space space;
  private final Network network;
  private final List<PolicyRule> rules;
  /** Those that rules lead to. */
  private final Set<Integer> tables;

  Routes(Space space, Network network) {
    this.space = space;
    this.network = network;
    this.rules = network.rules().stream().filter(r -> r.family() == space.family())
        .sorted(Comparator.comparingLong(PolicyRule::priority)).toList();
    this.tables = rules.stream().filter(r -> r.action() == PolicyRule.Action.LOOKUP).map(PolicyRule::table).collect(Collectors.toSet());
  }

  /**
   * Whether every packet is looked up in table local first, and of the tables that policy rules lead to only that one has own
   * addresses and, but for IPv6's groups, nothing else.
   */
  boolean isPlain() {
    return !rules.isEmpty() && rules.get(0).equals(PolicyRule.lookup(space.family(), 0, RouteEntry.TABLE_LOCAL))
        && network.routes().stream().filter(r -> r.destination().family() == space.family() && tables.contains(r.table()))
            .allMatch(r -> isOfOwn(r) == (r.table() == RouteEntry.TABLE_LOCAL));
  }

  private static boolean isOfOwn(RouteEntry route) {
    boolean group = route.destination().family() == Family.IPV6 && route.destination().hi() >>> 56 == 0xff;
    return group ? route.table() == RouteEntry.TABLE_LOCAL : OWN.contains(route.type());
  }

  /** One cube an interface: what routes may send there. */
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
    boolean skips = rules.stream().anyMatch(rule -> rule.action() == PolicyRule.Action.GOTO);
    ValueSet taken = ValueSet.none();
    for (PolicyRule rule : rules) {
      if (rule.action() == PolicyRule.Action.LOOKUP && rule.table() != RouteEntry.TABLE_LOCAL) {
        ValueSet here = add(rule.table(), taken, byDevice);
        // What a rule for some packets only has looked up for them others look up behind it.
        taken = !skips && rule.equals(PolicyRule.lookup(rule.family(), rule.priority(), rule.table())) ? here : taken;
      }
    }
    return byDevice;
  }

  /**
   * Adds what a table may send by each interface.
   *
   * @param before addresses that are not looked up there
   * @return these, and those that are not looked up behind it
   */
  private ValueSet add(int table, ValueSet before, Map<String, ValueSet> byDevice) {
    Map<Integer, List<RouteEntry>> byLength = new TreeMap<>(Comparator.reverseOrder());
    for (RouteEntry route : network.routes()) {
      if (route.table() == table && route.destination().family() == space.family()) {
        byLength.computeIfAbsent(route.destination().prefixLength(), k -> new ArrayList<>()).add(route);
      }
    }
    ValueSet taken = before;
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
    return taken.minus(thrown);
  }

  /** One that refuses (fib_table_lookup() of IPv4) ends the looking up, too; what a table throws does not. */
  private static boolean isCertain(RouteEntry route) {
    boolean refuses = route.destination().family() == Family.IPV4 && route.type().isError() && route.type() != AddressType.THROW;
    return route.tos() == 0 && route.source().isAny() && (route.type() == AddressType.UNICAST || refuses)
        && route.hops().stream().noneMatch(hop -> hop.dead() || hop.linkDown());
  }

  private ValueSet addresses(RouteEntry route) {
    AddressMask to = route.destination();
    return ValueSet.prefix(to.hi(), to.lo(), to.prefixLength(), space.family().addressBits());
  }
}
