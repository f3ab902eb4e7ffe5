package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.host.InterfaceAddress;
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

/**
 * Ranges of addresses within which a host's network makes no difference: no route, address or policy rule begins or ends
 * inside one, nor do the kinds of addresses that the IP layer knows by heart.
 */
public final class AddressClasses {
  private static final List<String> KNOWN4 = List.of("0.0.0.0/8", "0.0.0.0/32", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4",
      "224.0.0.0/24", "224.0.0.1/32", "224.0.0.2/32", "240.0.0.0/4", "255.255.255.255/32");
  private static final List<String> KNOWN6 = List.of("::/128", "::1/128", "::ffff:0:0/96", "fe80::/10", "fec0::/10", "fc00::/7",
      "2002::/16", "ff00::/8", "ff01::/16", "ff02::/16", "ff05::/16", "ff02::1/128", "ff02::2/128", "ff01::1/128",
      "ff01::2/128", "ff05::2/128", "ff02::1:ff00:0/104");
  private static final int SOLICITED_BITS = 24;

  private final List<ValueSet> ranges;

  private AddressClasses(List<ValueSet> ranges) {
    this.ranges = ranges;
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
      }
    }
    for (PolicyRule rule : network.rules()) {
      if (rule.family() == family) {
        add(prefixes, rule.from());
        add(prefixes, rule.to());
      }
    }
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
    List<ValueSet> ranges = new ArrayList<>(List.of(ValueSet.none().complement(bits)));
    for (ValueSet prefix : prefixes) {
      List<ValueSet> next = new ArrayList<>();
      for (ValueSet range : ranges) {
        if (range.intersects(prefix) && !prefix.containsAll(range)) {
          next.add(range.intersection(prefix));
          ValueSet rest = range.minus(prefix, bits);
          for (int i = 0; i < rest.rangeCount(); i++) {
            next.add(ValueSet.range(rest.firstHigh(i), rest.firstLow(i), rest.lastHigh(i), rest.lastLow(i)));
          }
        } else {
          next.add(range);
        }
      }
      ranges = next;
    }
    return ranges;
  }

  /** Which of {@link #ranges} has the address. */
  public int indexOf(long high, long low) {
    for (int i = 0; i < ranges.size(); i++) {
      if (ranges.get(i).contains(high, low)) {
        return i;
      }
    }
    throw new IllegalStateException("every address is in a range");
  }

  /** All ranges: disjoint, and every address is in one. */
  public List<ValueSet> ranges() {
    return List.copyOf(ranges);
  }
}
