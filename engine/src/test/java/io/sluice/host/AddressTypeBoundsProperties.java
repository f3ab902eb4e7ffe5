package io.sluice.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class AddressTypeBoundsProperties {
  private static final AddressType[] TYPES = {AddressType.UNICAST, AddressType.LOCAL, AddressType.BROADCAST, AddressType.ANYCAST,
      AddressType.BLACKHOLE, AddressType.PROHIBIT, AddressType.UNREACHABLE, AddressType.THROW, AddressType.MULTICAST};
  private static final List<String> KNOWN =
      List.of("0.0.0.0", "0.0.0.1", "0.255.255.255", "1.0.0.0", "223.255.255.255", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.254",
          "255.255.255.255");

  /** Routes of the local and the main table, which are one as long as {@code ip rule} is as the kernel makes it. */
  @Property(tries = 300, seed = "1")
  void betweenBoundsAllAddressesAreOfOneType(@ForAll long seed, @ForAll @IntRange(max = 30) int count, @ForAll boolean apart) {
    Random random = new Random(seed);
    List<RouteEntry> routes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      AddressType type = TYPES[random.nextInt(TYPES.length)];
      List<RouteEntry.Hop> hops = type.isError() ? List.of() : List.of(RouteEntry.Hop.on("eth0"));
      int table = random.nextBoolean() ? RouteEntry.TABLE_LOCAL : RouteEntry.TABLE_MAIN;
      routes.add(new RouteEntry(type, destination(random), AddressMask.any(Family.IPV4), table, random.nextInt(4) == 0 ? 8 : 0, i,
          Scope.LINK, "boot", Optional.empty(), hops, 0, false, 0, 0));
    }
    NetworkBuilder builder = Network.builder().device(NetDevice.named(2, "eth0")).routes(Family.IPV4, routes);
    if (apart) {
      builder.rules(Family.IPV4, List.of(PolicyRule.lookup(Family.IPV4, 0, RouteEntry.TABLE_LOCAL),
          PolicyRule.lookup(Family.IPV4, 5, RouteEntry.TABLE_MAIN)));
    }
    Routing routing = builder.build().routing();
    int[] bounds = routing.addressTypeBounds4();
    assertEquals(0, bounds[0]);
    for (int i = 1; i < bounds.length; i++) {
      assertTrue(Integer.compareUnsigned(bounds[i - 1], bounds[i]) < 0, Arrays.toString(bounds));
    }
    KNOWN.forEach(address -> check(routing, bounds, (int) IpAddress.of(address).lo()));
    for (RouteEntry route : routes) {
      int first = (int) route.destination().address().lo();
      int last = first | ~(int) route.destination().maskLo();
      Arrays.stream(new int[] {first - 1, first, last, last + 1, random.nextInt()}).forEach(address -> check(routing, bounds, address));
    }
  }

  private static AddressMask destination(Random random) {
    int bits = random.nextInt(33);
    int address = (random.nextBoolean() ? random.nextInt() : random.nextInt(4) << 30 | random.nextInt(4)) & (int) (-1L << 32 - bits);
    return AddressMask.prefix(IpAddress.ipv4(address), bits);
  }

  private static void check(Routing routing, int[] bounds, int address) {
    int at = 0;
    while (at + 1 < bounds.length && Integer.compareUnsigned(bounds[at + 1], address) <= 0) {
      at++;
    }
    assertEquals(type(routing, bounds[at]), type(routing, address), () -> IpAddress.ipv4(address) + ", " + Arrays.toString(bounds));
  }

  private static AddressType type(Routing routing, int address) {
    return routing.addressType(Family.IPV4, 0, Integer.toUnsignedLong(address), null);
  }
}
