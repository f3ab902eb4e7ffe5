package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.host.Network;
import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The addresses that are of a type to a host's routing tables.
 *
 * <p>A type depends on the longest prefix that holds the address, and on ranges that the protocol itself sets apart. So all
 * addresses of a class of {@link AddressClasses} are alike, and asking about the first tells of all.
 */
final class AddressTypes {
  private final Network network;
  private final Family family;
  private final AddressClasses classes;
  private final Map<Integer, ValueSet> known = new HashMap<>();

  AddressTypes(Network network, Family family) {
    this.network = network;
    this.family = family;
    this.classes = AddressClasses.of(network, family);
  }

  /** The addresses for which {@code -m addrtype} answers yes. */
  ValueSet of(int types) {
    return known.computeIfAbsent(types, this::find);
  }

  private ValueSet find(int types) {
    List<ValueSet> found = new ArrayList<>();
    for (ValueSet range : classes.ranges()) {
      if (network.routing().isAddressType(family, range.firstHigh(0), range.firstLow(0), null, types)) {
        found.add(range);
      }
    }
    return ValueSet.union(found);
  }
}
