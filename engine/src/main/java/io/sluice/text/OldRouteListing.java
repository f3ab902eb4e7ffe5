package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.host.AddressType;
import io.sluice.host.RouteEntry;
import io.sluice.host.Scope;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.List;
import java.util.Optional;

/**
 * Reads what {@code route -n} and {@code netstat -rn} print, and the same of {@code -6}.
 *
 * <p>They show less than {@code ip route}: the main table only (of IPv6 all tables, without telling which), the first of
 * several next hops, no source, and one sign for {@code unreachable} and {@code prohibit}: it is read as unreachable.
 */
final class OldRouteListing {
  private static final String EXPECTED =
      "expected Destination Gateway Genmask Flags Metric Ref Use Iface, as route -n prints them";

  private OldRouteListing() {}

  static boolean isOne(SourceText source) {
    for (int i = 1; i <= Math.min(3, source.lineCount()); i++) {
      String line = source.lineLength(i) > 200 ? "" : source.line(i);
      if (line.startsWith("Kernel IP") && line.contains("routing table") || line.matches("Destination\\s.*Iface\\s*")) {
        return true;
      }
    }
    return false;
  }

  static void read(SourceText source, Problems problems, List<RouteEntry> routes) {
    int metricColumn = -1;
    boolean v6 = false;
    for (int i = 1; i <= source.lineCount(); i++) {
      try {
        Words words = Words.ofLine(source, i);
        String first = words.peek();
        if (first.equals("Kernel")) {
          v6 = words.peek(1).equals("IPv6");
        } else if (first.equals("Destination")) {
          metricColumn = v6 ? 3 : source.line(i).contains("Metric") ? 4 : -1;
        } else if (!first.isEmpty()) {
          List<Argument> columns = words.rest();
          if (v6) {
            line6(columns, routes);
          } else {
            line4(columns, metricColumn, routes);
          }
        }
      } catch (ArgumentException e) {
        problems.add(source.problemAt(e));
      }
    }
  }

  private static void line4(List<Argument> columns, int metricColumn, List<RouteEntry> routes) {
    if (columns.size() < 8) {
      throw columns.get(0).error("a route has 8 columns here, not " + columns.size(), EXPECTED);
    }
    Family family = Family.IPV4;
    Argument destination = columns.get(0);
    IpAddress address = destination.text().equals("default") ? IpAddress.ipv4(0) : destination.address(family);
    IpAddress bits = columns.get(2).address(family);
    AddressMask to = new AddressMask(family, 0, address.lo(), 0, bits.lo());
    if (to.prefixLength() < 0 || to.lo() != address.lo()) {
      throw columns.get(2).error("not the mask of this network: " + columns.get(2).text(), EXPECTED);
    }
    String flags = columns.get(3).text();
    long metric = metricColumn < 0 ? 0 : DumpTables.number(columns.get(metricColumn), 0, 0xffff_ffffL);
    Argument device = columns.get(7);
    if (flags.contains("!")) {
      routes.add(entry(AddressType.UNREACHABLE, to, RouteEntry.TABLE_MAIN, metric, List.of()));
    } else if (device.text().equals("*")) {
      routes.add(entry(AddressType.BLACKHOLE, to, RouteEntry.TABLE_MAIN, metric, List.of()));
    } else {
      routes.add(entry(AddressType.UNICAST, to, RouteEntry.TABLE_MAIN, metric, List.of(
          hop(device, flags.contains("G"), columns.get(1), family))));
    }
  }

  private static void line6(List<Argument> columns, List<RouteEntry> routes) {
    if (columns.size() < 7) {
      throw columns.get(0).error("a route has 7 columns here, not " + columns.size(),
          "expected Destination, Next Hop, Flag, Met, Ref, Use, If, as route -6 -n prints them");
    }
    Family family = Family.IPV6;
    AddressMask to = RouteDumpReader.prefix(columns.get(0), family);
    String flags = columns.get(2).text();
    if (columns.get(3).text().equals("-1")) {
      // The kernel's own last resort, which is in no table.
      return;
    }
    long metric = DumpTables.number(columns.get(3), 0, 0xffff_ffffL);
    boolean group = to.hi() >>> 56 == 0xff && to.prefixLength() >= 8;
    boolean own = flags.contains("n") && to.prefixLength() == 128;
    List<RouteEntry.Hop> hops =
        List.of(hop(columns.get(6), flags.contains("G"), columns.get(1), family));
    if (flags.contains("!")) {
      routes.add(entry(AddressType.UNREACHABLE, to, RouteEntry.TABLE_MAIN, metric, List.of()));
    } else if (own) {
      routes.add(entry(AddressType.LOCAL, to, RouteEntry.TABLE_LOCAL, metric, hops));
    } else {
      routes.add(entry(
          group ? AddressType.MULTICAST : AddressType.UNICAST, to, group ? RouteEntry.TABLE_LOCAL : RouteEntry.TABLE_MAIN,
          metric, hops));
    }
  }

  private static RouteEntry.Hop hop(Argument device, boolean hasGateway, Argument gateway, Family family) {
    String name = DumpTables.deviceName(device);
    IpAddress via = hasGateway ? gateway.address(family) : IpAddress.ipv4(0);
    // An IPv6 gateway of an IPv4 route is shown as 0.0.0.0.
    return (via.hi() | via.lo()) != 0 ? RouteEntry.Hop.via(name, via) : RouteEntry.Hop.on(name);
  }

  private static RouteEntry entry(
      AddressType type, AddressMask to, int table, long metric, List<RouteEntry.Hop> hops) {
    boolean link = to.family() == Family.IPV4 && type == AddressType.UNICAST && hops.get(0).gateway().isEmpty();
    return new RouteEntry(
        type, to, AddressMask.any(to.family()), table, 0, metric, link ? Scope.LINK : Scope.GLOBAL, "boot",
        Optional.empty(), hops, 0, false, 0, 0);
  }
}
