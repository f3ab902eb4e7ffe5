package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One line of a routing table (struct fib_alias with fib_info, struct fib6_info), as {@code ip route} prints it.
 *
 * @param type UNICAST, LOCAL, BROADCAST, ANYCAST, MULTICAST, BLACKHOLE, UNREACHABLE, PROHIBIT or THROW
 * @param destination its family is the route's
 * @param source {@code from}: IPv6 source-specific routing; the whole family when not given
 * @param table number of the table: 255 local, 254 main, 253 default
 * @param tos {@code tos}/{@code dsfield}, 0 for any
 * @param metric lower is taken first; IPv6 routes have 1024 when none was given
 * @param scope {@link Scope} number
 * @param protocol who made it, as printed: {@code kernel}, {@code boot}, {@code static} …
 * @param preferredSource {@code src}
 * @param hops the next hops, at least one unless the type is an error; several for a multipath route
 * @param mtu in bytes, 0 unless set
 * @param mtuLocked {@code mtu lock}
 * @param realm {@code realm}, 0 unless set
 * @param preference {@code pref} of IPv6: -1 low, 0 medium, 1 high
 */
public record RouteEntry(
    AddressType type,
    AddressMask destination,
    AddressMask source,
    int table,
    int tos,
    long metric,
    int scope,
    String protocol,
    Optional<IpAddress> preferredSource,
    List<Hop> hops,
    int mtu,
    boolean mtuLocked,
    int realm,
    int preference) {

  public static final int TABLE_DEFAULT = 253;
  public static final int TABLE_MAIN = 254;
  public static final int TABLE_LOCAL = 255;

  /**
   * A next hop (struct fib_nh_common).
   *
   * @param device name of the interface
   * @param gateway {@code via}, of either family; empty when destinations are neighbours themselves
   * @param weight share of the packets in a multipath route, 1..256
   * @param dead {@code dead} or {@code pervasive}: not used
   * @param linkDown {@code linkdown}: not used where the sysctl {@code ignore_routes_with_linkdown} says so
   * @param onLink {@code onlink}: the gateway is a neighbour whatever the tables say
   */
  public record Hop(
      String device, Optional<IpAddress> gateway, int weight, boolean dead, boolean linkDown, boolean onLink) {
    public static Hop via(String device, IpAddress gateway) {
      return new Hop(device, Optional.of(gateway), 1, false, false, false);
    }

    public static Hop on(String device) {
      return new Hop(device, Optional.empty(), 1, false, false, false);
    }
  }

  public RouteEntry {
    hops = List.copyOf(hops);
    if (hops.isEmpty() && !type.isError()) {
      throw new IllegalArgumentException("a route of type " + type + " to " + destination + " has a next hop");
    }
  }

  /** A unicast route of the main table with {@code ip route add}'s defaults. */
  public static RouteEntry unicast(AddressMask destination, Hop... hops) {
    boolean v4 = destination.family() == Family.IPV4;
    boolean onLink = Arrays.stream(hops).allMatch(h -> h.gateway().isEmpty());
    return new RouteEntry(AddressType.UNICAST, destination, AddressMask.any(destination.family()), TABLE_MAIN, 0,
        v4 ? 0 : 1024, v4 && onLink ? Scope.LINK : Scope.GLOBAL, "boot", Optional.empty(),
        List.of(hops), 0, false, 0, 0);
  }
}
