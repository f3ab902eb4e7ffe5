package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.JoinedGroup;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.PolicyRule;
import io.sluice.host.RouteEntry;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Ranges of addresses within which a host's network makes no difference: no route, address or policy rule begins or ends
 * inside one, nor do the kinds of addresses that the IP layer knows by heart.
 */
public final class AddressClasses {
  private static final List<String> KNOWN4 = List.of("0.0.0.0/8", "0.0.0.0/32", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4",
      "224.0.0.0/24", "224.0.0.1/32", "224.0.0.2/32", "240.0.0.0/4", "255.255.255.255/32");
  private static final List<String> KNOWN6 = List.of("::/128", "::1/128", "::/96", "::ffff:0:0/96", "fe80::/10", "fec0::/10", "fc00::/7",
      "2002::/16", "ff00::/8", "ff01::/16", "ff02::/16", "ff05::/16", "ff02::1/128", "ff02::2/128", "ff01::1/128",
      "ff01::2/128", "ff05::2/128", "ff02::1:ff00:0/104");
  private static final int SOLICITED_BITS = 24;

  private final List<ValueSet> ranges;

  private AddressClasses(List<ValueSet> ranges) {
    this.ranges = List.copyOf(ranges);
  }

  public static AddressClasses of(Network network, Family family) {
    Set<ValueSet> prefixes = new LinkedHashSet<>();
    for (String known : family == Family.IPV4 ? KNOWN4 : KNOWN6) {
      int slash = known.indexOf('/');
      add(prefixes, AddressMask.prefix(IpAddress.of(known.substring(0, slash)), Integer.parseInt(known.substring(slash + 1))));
    }
    for (RouteEntry route : network.routes()) {
      if (route.destination().family() == family) {
        add(prefixes, route.destination());
        add(prefixes, route.source());
        if (family == Family.IPV6) { // ipv6_anycast_destination(): the first address of a route's network may be anycast
          add(prefixes, AddressMask.prefix(route.destination().address(), family.addressBits()));
        }
      }
    }
    for (PolicyRule rule : network.rules()) {
      if (rule.family() == family) {
        add(prefixes, rule.from());
        add(prefixes, rule.to());
      }
    }
    network.groups().orElse(List.of()).stream().map(JoinedGroup::group).filter(group -> group.family() == family)
        .forEach(group -> add(prefixes, AddressMask.prefix(group, family.addressBits())));
    for (NetDevice device : network.devices()) {
      for (InterfaceAddress own : device.addresses()) {
        if (own.address().family() == family) {
          addOwn(prefixes, own, family);
        }
      }
    }
    return new AddressClasses(cut(prefixes, family.addressBits()));
  }

  private static void add(Set<ValueSet> prefixes, AddressMask mask) {
    int length = mask.prefixLength();
    if (length >= 0) {
      prefixes.add(ValueSet.prefix(mask.hi(), mask.lo(), length, mask.family().addressBits()));
    }
  }

  private static void addOwn(Set<ValueSet> prefixes, InterfaceAddress own, Family family) {
    AddressMask net = AddressMask.prefix(own.address(), own.prefixLength());
    add(prefixes, AddressMask.prefix(own.address(), family.addressBits()));
    add(prefixes, net);
    own.broadcast().ifPresent(address -> add(prefixes, AddressMask.prefix(address, family.addressBits())));
    own.peer().ifPresent(address -> add(prefixes, AddressMask.prefix(address, family.addressBits())));
    add(prefixes, AddressMask.prefix(net.address(), family.addressBits())); // for IPv6 the routers' anycast address
    if (family == Family.IPV4) {
      add(prefixes, AddressMask.prefix(new IpAddress(family, 0, net.lo() | ~net.maskLo() & 0xffff_ffffL), 32));
    } else {
      long low = 0x1_ff00_0000L | own.address().lo() & (1L << SOLICITED_BITS) - 1;
      add(prefixes, AddressMask.prefix(new IpAddress(family, 0xff02_0000_0000_0000L, low), 128));
    }
  }

  /** Ranges from each beginning of a prefix, or address behind one, to the next. */
  private static List<ValueSet> cut(Set<ValueSet> prefixes, int bits) {
    TreeSet<long[]> begins = new TreeSet<>(AddressClasses::compare);
    begins.add(new long[] {0, 0});
    ValueSet all = ValueSet.none().complement(bits);
    for (ValueSet prefix : prefixes) {
      begins.add(new long[] {prefix.firstHigh(0), prefix.firstLow(0)});
      long[] behind = {prefix.lastHigh(0) + (prefix.lastLow(0) == -1 ? 1 : 0), prefix.lastLow(0) + 1};
      if (all.contains(behind[0], behind[1])) { // 0 behind the last address of all, for IPv6: it is there already
        begins.add(behind);
      }
    }
    List<ValueSet> ranges = new ArrayList<>();
    for (long[] begin : begins) {
      long[] next = begins.higher(begin);
      ranges.add(next == null ? ValueSet.range(begin[0], begin[1], all.lastHigh(0), all.lastLow(0))
          : ValueSet.range(begin[0], begin[1], next[0] - (next[1] == 0 ? 1 : 0), next[1] - 1));
    }
    return ranges;
  }

  private static int compare(long[] a, long[] b) {
    int order = Long.compareUnsigned(a[0], b[0]);
    return order != 0 ? order : Long.compareUnsigned(a[1], b[1]);
  }

  /** Which of {@link #ranges} has the address. */
  public int indexOf(long high, long low) {
    int first = 0;
    int last = ranges.size() - 1;
    while (first < last) {
      int middle = first + last + 1 >>> 1;
      ValueSet range = ranges.get(middle);
      if (compare(new long[] {range.firstHigh(0), range.firstLow(0)}, new long[] {high, low}) <= 0) {
        first = middle;
      } else {
        last = middle - 1;
      }
    }
    return first;
  }

  /** All ranges, ascending: disjoint, and every address is in one. */
  public List<ValueSet> ranges() {
    return ranges;
  }
}
