package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.host.Network;
import io.sluice.host.RouteEntry;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The addresses that are of a type to a host's routing tables.
 *
 * <p>A type depends on the longest prefix that holds the address, and on ranges that the protocol itself sets apart. So all
 * addresses between one bound of such a prefix and the next are alike, and asking about the first tells of all.
 */
final class AddressTypes {
  private static final Map<Family, List<String>> SET_APART = Map.of(
      Family.IPV4, List.of("0.0.0.0/32", "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "224.0.0.0/24",
          "240.0.0.0/4", "255.255.255.255/32"),
      Family.IPV6, List.of("::/128", "::1/128", "::/96", "::ffff:0:0/96", "fe80::/10", "fec0::/10", "ff00::/8"));

  private final Network network;
  private final Family family;
  private final Map<Integer, ValueSet> known = new HashMap<>();

  AddressTypes(Network network, Family family) {
    this.network = network;
    this.family = family;
  }

  /** The addresses for which {@code -m addrtype} answers yes. */
  ValueSet of(int types) {
    return known.computeIfAbsent(types, this::find);
  }

  private ValueSet find(int types) {
    List<ValueSet> found = new ArrayList<>();
    for (long[] piece : pieces()) {
      if (network.routing().isAddressType(family, piece[0], piece[1], null, types)) {
        found.add(ValueSet.range(piece[0], piece[1], piece[2], piece[3]));
      }
    }
    return ValueSet.union(found);
  }

  /** High and low half of the first and of the last address of each stretch of addresses that are alike. */
  private List<long[]> pieces() {
    java.util.TreeSet<long[]> begins = new java.util.TreeSet<>(AddressTypes::compare);
    begins.add(new long[] {0, 0});
    for (String prefix : SET_APART.get(family)) {
      int slash = prefix.indexOf('/');
      IpAddress address = IpAddress.of(prefix.substring(0, slash));
      cut(begins, address.hi(), address.lo(), Integer.parseInt(prefix.substring(slash + 1)));
    }
    for (RouteEntry route : network.routes()) {
      AddressMask destination = route.destination();
      if (destination.family() == family) {
        cut(begins, destination.hi(), destination.lo(), destination.prefixLength());
      }
    }
    network.devices().stream().flatMap(d -> d.addresses(family).stream()).forEach(own -> {
      cut(begins, own.address().hi(), own.address().lo(), family.addressBits());
      cut(begins, own.address().hi(), own.address().lo(), own.prefixLength());
      own.broadcast().ifPresent(address -> cut(begins, address.hi(), address.lo(), family.addressBits()));
      own.peer().ifPresent(address -> cut(begins, address.hi(), address.lo(), family.addressBits()));
    });
    List<long[]> all = new ArrayList<>();
    long[] from = null;
    for (long[] begin : begins) {
      if (from != null) {
        all.add(new long[] {from[0], from[1], begin[0] - (begin[1] == 0 ? 1 : 0), begin[1] - 1});
      }
      from = begin;
    }
    ValueSet full = ValueSet.prefix(0, 0, 0, family.addressBits());
    all.add(new long[] {from[0], from[1], full.lastHigh(0), full.lastLow(0)});
    return all;
  }

  private void cut(java.util.TreeSet<long[]> begins, long high, long low, int length) {
    ValueSet prefix = ValueSet.prefix(high, low, length, family.addressBits());
    begins.add(new long[] {prefix.firstHigh(0), prefix.firstLow(0)});
    ValueSet behind = prefix.complement(family.addressBits());
    int last = behind.rangeCount() - 1;
    if (last >= 0 && compare(new long[] {behind.firstHigh(last), behind.firstLow(last)},
        new long[] {prefix.firstHigh(0), prefix.firstLow(0)}) > 0) {
      begins.add(new long[] {behind.firstHigh(last), behind.firstLow(last)});
    }
  }

  private static int compare(long[] a, long[] b) {
    int order = Long.compareUnsigned(a[0], b[0]);
    return order != 0 ? order : Long.compareUnsigned(a[1], b[1]);
  }
}
