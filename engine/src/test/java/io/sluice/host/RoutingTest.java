package io.sluice.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.host.Route.Failure;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RoutingTest {
  private static NetDevice device(int index, String name, String... addresses) {
    List<InterfaceAddress> list = new ArrayList<>();
    for (String a : addresses) {
      list.add(InterfaceAddress.of(a));
    }
    return NetDevice.named(index, name).withAddresses(list);
  }

  private static AddressMask net(String text) {
    int slash = text.indexOf('/');
    return AddressMask.prefix(IpAddress.of(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
  }

  private static NetworkBuilder router(Map<String, String> sysctls) {
    return Network.builder().device(device(2, "wan", "198.51.100.2/24", "2001:db8:a::2/64", "fe80::2/64"))
        .device(device(3, "lan", "192.168.1.1/24", "2001:db8:b::1/64", "fe80::3/64"))
        .sysctls(Sysctls.of(sysctls))
        .routes(Family.IPV4, List.of(
            RouteEntry.unicast(net("0.0.0.0/0"), RouteEntry.Hop.via("wan", IpAddress.of("198.51.100.1"))),
            RouteEntry.unicast(net("198.51.100.0/24"), RouteEntry.Hop.on("wan")),
            RouteEntry.unicast(net("192.168.1.0/24"), RouteEntry.Hop.on("lan"))));
  }

  private static final Map<String, String> FORWARDING =
      Map.of("net.ipv4.ip_forward", "1", "net.ipv6.conf.all.forwarding", "1");

  private static Route input(Network network, String device, String from, String to) {
    return network.routing().input(key(from, to), network.requireDevice(device));
  }

  private static FlowKey key(String from, String to) {
    IpAddress dst = IpAddress.of(to);
    IpAddress src = from.isEmpty() ? new IpAddress(dst.family(), 0, 0) : IpAddress.of(from);
    return new FlowKey().set(dst.family(), src.hi(), src.lo(), dst.hi(), dst.lo(), 0, 0);
  }

  @Test
  void martiansAndTheirReasons() {
    Network n = router(FORWARDING).build();
    assertEquals(Failure.MARTIAN_SOURCE, input(n, "lan", "127.0.0.1", "8.8.8.8").failure());
    assertEquals(Failure.MARTIAN_SOURCE, input(n, "lan", "192.168.1.1", "8.8.8.8").failure());
    assertEquals(Failure.MARTIAN_SOURCE, input(n, "lan", "224.0.0.1", "8.8.8.8").failure());
    assertEquals(Failure.MARTIAN_SOURCE, input(n, "lan", "0.0.0.0", "8.8.8.8").failure());
    assertEquals(Failure.MARTIAN_DESTINATION, input(n, "lan", "192.168.1.9", "127.0.0.1").failure());
    assertEquals(Failure.MARTIAN_DESTINATION, input(n, "lan", "192.168.1.9", "0.0.0.0").failure());
    assertEquals(AddressType.BROADCAST, input(n, "lan", "0.0.0.0", "255.255.255.255").type());
    assertEquals(AddressType.UNICAST, input(n, "lan", "192.168.1.9", "240.0.0.1").type());
    assertEquals(Failure.NOT_JOINED, input(n, "lan", "192.168.1.9", "239.0.0.1").failure());
    assertEquals(AddressType.MULTICAST, input(n, "lan", "192.168.1.9", "224.0.0.1").type());
  }

  @Test
  void aHostThatDoesNotForwardStillDelivers() {
    Network n = router(Map.of()).build();
    assertEquals(Failure.FORWARDING_DISABLED, input(n, "lan", "192.168.1.9", "8.8.8.8").failure());
    assertEquals(AddressType.LOCAL, input(n, "lan", "192.168.1.9", "198.51.100.2").type());
    assertEquals(Failure.FORWARDING_DISABLED, input(n, "lan", "2001:db8:b::9", "2001:db8:a::9").failure());
    assertEquals(-1, Failure.FORWARDING_DISABLED.icmpCode(Family.IPV4));
  }

  @Test
  void reversePathFilterStrictAndLoose() {
    for (String mode : List.of("1", "2")) {
      Network n = router(Map.of("net.ipv4.ip_forward", "1", "net.ipv4.conf.all.rp_filter", mode)).build();
      Failure expected = mode.equals("1") ? Failure.REVERSE_PATH : Failure.NONE;
      assertEquals(expected, input(n, "wan", "192.168.1.9", "192.168.1.1").failure());
      assertEquals(Failure.NONE, input(n, "lan", "192.168.1.9", "8.8.8.8").failure());
    }
  }

  @Test
  void aPacketThatGoesBackGetsARedirect() {
    Network n = router(FORWARDING).build();
    assertTrue(input(n, "lan", "192.168.1.9", "192.168.1.10").redirect());
    assertTrue(!input(n, "lan", "192.168.1.9", "8.8.8.8").redirect());
  }

  @Test
  void localSendersGetASource() {
    Network n = router(FORWARDING).build();
    FlowKey out = key("", "8.8.8.8");
    Route route = n.routing().output(out, null);
    assertEquals("198.51.100.2", n.routing().source(route, out).orElseThrow().toString());
    FlowKey six = key("", "2001:db8:b::77");
    assertEquals("2001:db8:b::1", n.routing().source(n.routing().output(six, null), six).orElseThrow().toString());
    FlowKey self = key("", "192.168.1.1");
    Route local = n.routing().output(self, null);
    assertEquals("lo", local.out().name());
    assertEquals("192.168.1.1", n.routing().source(local, self).orElseThrow().toString());
    assertEquals(Failure.INVALID_SOURCE, n.routing().output(key("10.9.9.9", "8.8.8.8"), null).failure());
    assertEquals(Failure.NONE, n.routing().output(key("10.9.9.9", "8.8.8.8").anySource(), null).failure());
  }

  @Test
  void eachOfSeveralNextHopsIsPossible() {
    Network n = router(Map.of("net.ipv4.ip_forward", "1", "net.ipv4.conf.all.rp_filter", "1"))
        .routes(Family.IPV4, List.of(
            RouteEntry.unicast(net("8.0.0.0/8"), RouteEntry.Hop.on("wan"),
                new RouteEntry.Hop("lan", Optional.of(IpAddress.of("192.168.1.2")), 3, false, false, false))))
        .build();
    String in = "";
    String out = "";
    for (int quarter = 0; quarter < 4; quarter++) {
      Route forward = n.routing().input(key("192.168.1.9", "8.8.8.8").multipathHash(quarter << 30), n.requireDevice("lan"));
      Route send = n.routing().output(key("198.51.100.2", "8.8.8.8").multipathHash(quarter << 30), null);
      assertTrue(forward.multipath() && send.multipath());
      in += forward.out() + " ";
      out += send.out() + " ";
    }
    assertEquals("wan lan lan lan ", in);
    // A local sender keeps to the hop that has its address.
    assertEquals("wan wan wan wan ", out);
  }

  @Test
  void addressTypes() {
    Routing r = router(FORWARDING).build().routing();
    NetDevice lan = router(FORWARDING).build().requireDevice("lan");
    assertEquals(AddressType.LOCAL, r.addressType(Family.IPV4, 0, IpAddress.of("127.3.2.1").lo(), null));
    assertEquals(AddressType.LOCAL, r.addressType(Family.IPV4, 0, IpAddress.of("198.51.100.2").lo(), null));
    assertEquals(AddressType.UNICAST, r.addressType(Family.IPV4, 0, IpAddress.of("198.51.100.2").lo(), lan));
    assertEquals(AddressType.BROADCAST, r.addressType(Family.IPV4, 0, IpAddress.of("192.168.1.255").lo(), null));
    assertEquals(AddressType.UNICAST, r.addressType(Family.IPV4, 0, IpAddress.of("192.168.1.0").lo(), null));
    IpAddress own6 = IpAddress.of("2001:db8:b::1");
    int both = AddressType.LOCAL.bit() | AddressType.UNICAST.bit();
    assertTrue(r.isAddressType(Family.IPV6, own6.hi(), own6.lo(), null, both));
    assertTrue(r.isAddressType(Family.IPV6, own6.hi(), own6.lo(), null, AddressType.UNICAST.bit()));
  }

  @Test
  void redirectAndMasqueradeAddresses() {
    Network n = router(FORWARDING).build();
    assertEquals("192.168.1.1",
        n.routing().primaryAddress(Family.IPV4, n.requireDevice("lan"), 0, 0).orElseThrow().toString());
    assertEquals("198.51.100.2", n.routing()
        .selectSource(Family.IPV4, n.requireDevice("wan"), 0, IpAddress.of("198.51.100.1").lo(), Scope.GLOBAL)
        .orElseThrow().toString());
  }

  @Test
  void whatIsNotThereIsTold() {
    Network n = router(FORWARDING).build();
    assertTrue(assertThrows(IllegalArgumentException.class, () -> n.requireDevice("eth7")).getMessage()
        .contains("there are: lo, wan, lan"));
    NetworkBuilder bad = Network.builder().device(device(2, "wan")).routes(Family.IPV4,
        List.of(RouteEntry.unicast(net("0.0.0.0/0"), RouteEntry.Hop.on("eth7"))));
    assertTrue(assertThrows(IllegalArgumentException.class, bad::build).getMessage().contains("eth7"));
  }

  @Test
  void aLookUpAllocatesNothing() {
    Network n = router(FORWARDING)
        .rules(Family.IPV4, List.of(PolicyRule.lookup(Family.IPV4, 0, RouteEntry.TABLE_LOCAL),
            PolicyRule.lookup(Family.IPV4, 5, 77), PolicyRule.lookup(Family.IPV4, 32766, RouteEntry.TABLE_MAIN)))
        .build();
    NetDevice lan = n.requireDevice("lan");
    FlowKey four = key("192.168.1.9", "8.8.8.8");
    FlowKey six = key("2001:db8:b::9", "2001:db8:a::9");
    FlowKey own = key("192.168.1.1", "8.8.8.8");
    Runnable work = () -> {
      for (int i = 0; i < 20_000; i++) {
        n.routing().input(four, lan);
        n.routing().input(six, lan);
        n.routing().output(own, null);
        n.routing().selectSource(Family.IPV6, lan, six.dstHi, six.dstLo, 0);
        n.routing().addressType(Family.IPV4, 0, own.srcLo, null);
      }
    };
    work.run();
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    work.run();
    long bytes = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
    assertTrue(bytes < 20_000, bytes + " bytes for 100,000 look-ups");
  }

  @Test
  void aRouteThatLeadsSomewhereHasANextHop() {
    AddressMask to = AddressMask.prefix(IpAddress.of("10.5.0.0"), 24);
    assertThrows(IllegalArgumentException.class, () -> RouteEntry.unicast(to));
    RouteEntry.Hop hop = RouteEntry.Hop.on("lan");
    RouteEntry unicast = RouteEntry.unicast(to, hop);
    assertEquals(List.of(hop), unicast.hops());
  }
}
