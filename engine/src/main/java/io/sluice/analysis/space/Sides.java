package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.host.AddressType;
import io.sluice.host.FlowKey;
import io.sluice.host.Network;
import io.sluice.host.Route;
import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is behind each interface of a network: the unicast addresses to which its host routes packets without a mark by that one. */
final class Sides {
  private final Map<String, List<ValueSet>> behind = new LinkedHashMap<>();

  Sides(Network network, Family family) {
    FlowKey key = new FlowKey();
    for (ValueSet range : AddressClasses.of(network, family).ranges()) {
      long high = range.firstHigh(0);
      long low = range.firstLow(0);
      Route route = network.routing().output(key.set(family, 0, 0, high, low, 0, 0).anySource(), null);
      if (!route.failed() && !route.multipath() && !route.out().isLoopback()
          && network.routing().isAddressType(family, high, low, null, AddressType.UNICAST.bit())) {
        behind.computeIfAbsent(route.out().name(), k -> new ArrayList<>()).add(range);
      }
    }
  }

  /** What is behind some interfaces, and {@code others}. */
  record Behind(List<String> interfaces, ValueSet others) {}

  /** The interfaces that all of what is behind them is in the set; empty where there are none. */
  Optional<Behind> in(ValueSet set) {
    List<String> names = new ArrayList<>();
    List<ValueSet> ranges = new ArrayList<>();
    behind.forEach((name, side) -> {
      if (side.stream().allMatch(set::containsAll)) {
        names.add(name);
        ranges.addAll(side);
      }
    });
    return names.isEmpty() ? Optional.empty() : Optional.of(new Behind(names, set.minus(ValueSet.union(ranges))));
  }
}
