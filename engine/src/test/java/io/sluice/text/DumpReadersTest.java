package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.conntrack.ConntrackRecord;
import io.sluice.conntrack.Zone;
import io.sluice.host.AddressType;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.PolicyRule;
import io.sluice.host.RouteEntry;
import io.sluice.host.Scope;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DumpReadersTest {
  private static NetDevice named(List<NetDevice> devices, String name) {
    return devices.stream().filter(d -> d.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void allFormsOfAnAddressDumpSayTheSame() throws ReadException {
    List<NetDevice> devices = AddressDumpReader.read(Dumps.of("addr"));
    assertEquals(List.of("lo", "p0", "eth0", "br0", "tun0"), devices.stream().map(NetDevice::name).toList());
    assertEquals(devices, AddressDumpReader.read(Dumps.of("addr.detailed")));
    assertEquals(devices, AddressDumpReader.read(Dumps.of("addr.json")));
    assertEquals(devices, AddressDumpReader.read(Dumps.of("addr.detailed.json")));
  }

  @Test
  void theOneLineFormHasTheAddresses() throws ReadException {
    List<NetDevice> full = AddressDumpReader.read(Dumps.of("addr"));
    for (NetDevice d : AddressDumpReader.read(Dumps.of("addr.oneline"))) {
      assertEquals(named(full, d.name()).addresses(), d.addresses());
      assertEquals(named(full, d.name()).index(), d.index());
    }
  }

  @Test
  void aBridgeSaysWhoseRulesItAsks() throws ReadException {
    for (String name : List.of("addr.detailed", "addr.detailed.json")) {
      SourceText dump = Dumps.of(name);
      assertEquals(Set.of(), named(AddressDumpReader.read(dump), "br0").asked());
      String asking = dump.text().replaceFirst("(nf_call_ip6tables\\W+)0", "$1" + 1);
      assertEquals(Set.of(Family.IPV6), named(AddressDumpReader.read(SourceText.of(name, asking)), "br0").asked());
    }
  }

  @Test
  void interfacesHaveTheirKindsFlagsAndAddresses() throws ReadException {
    List<NetDevice> devices = AddressDumpReader.read(Dumps.of("addr"));
    assertEquals(NetDevice.Kind.LOOPBACK, named(devices, "lo").kind());
    assertEquals(NetDevice.Kind.BRIDGE, named(devices, "br0").kind());
    assertEquals(NetDevice.Kind.RAW_IP, named(devices, "tun0").kind());
    assertEquals(NetDevice.Kind.ETHERNET, named(devices, "eth0").kind());
    assertEquals(Optional.of("br0"), named(devices, "p0").master());
    assertTrue(named(devices, "tun0").up());
    assertFalse(named(devices, "tun0").carrier());
    assertEquals(65536, named(devices, "lo").mtu());
    List<InterfaceAddress> v4 = named(devices, "eth0").addresses(Family.IPV4);
    assertEquals(InterfaceAddress.of("192.0.2.1/24"), v4.get(0));
    assertEquals(new InterfaceAddress(IpAddress.of("10.9.9.1"), 30, Scope.GLOBAL, Optional.empty(),
        Optional.of(IpAddress.of("10.9.9.2")), Set.of()), v4.get(1));
    assertEquals(Set.of(InterfaceAddress.Flag.SECONDARY), v4.get(2).flags());
    assertEquals(Set.of(InterfaceAddress.Flag.DEPRECATED),
        named(devices, "eth0").addresses(Family.IPV6).get(0).flags());
  }

  @Test
  void routesAsTextAndJsonAreTheSame() throws ReadException {
    List<RouteEntry> routes = RouteDumpReader.read(Dumps.of("route"), Family.IPV4);
    List<RouteEntry> json = RouteDumpReader.read(Dumps.of("route.json"), Family.IPV4);
    // The JSON of iproute2 6.1 forgets that the MTU of the first route is locked.
    assertTrue(routes.get(0).mtuLocked() && !json.get(0).mtuLocked());
    assertEquals(routes.get(0).mtu(), json.get(0).mtu());
    assertEquals(routes.subList(1, routes.size()), json.subList(1, json.size()));
    List<RouteEntry> v6 = routes.stream().filter(r -> r.destination().family() == Family.IPV6).toList();
    assertEquals(v6, RouteDumpReader.read(Dumps.of("route6"), Family.IPV6));
  }

  @Test
  void routesHaveTheirAttributes() throws ReadException {
    List<RouteEntry> routes = RouteDumpReader.read(Dumps.of("route"), Family.IPV4);
    RouteEntry first = routes.get(0);
    assertEquals(100, first.table());
    assertEquals(Optional.of(IpAddress.of("192.0.2.2")), first.preferredSource());
    assertEquals(1300, first.mtu());
    assertTrue(first.mtuLocked());
    assertEquals(7, first.realm());
    RouteEntry multipath = routes.stream().filter(r -> r.hops().size() == 2).findFirst().orElseThrow();
    assertEquals(2, multipath.hops().get(0).weight());
    assertTrue(multipath.hops().get(1).linkDown());
    RouteEntry sixGateway = routes.stream()
        .filter(r -> r.destination().toString().equals("10.7.1.0/24")).findFirst().orElseThrow();
    assertEquals(IpAddress.of("fe80::99"), sixGateway.hops().get(0).gateway().orElseThrow());
    assertEquals(4, routes.stream().filter(r -> r.destination().family() == Family.IPV4 && r.hops().isEmpty()).count());
    assertEquals(Family.IPV6, routes.stream().filter(r -> r.toString().contains("fe80::1")).findFirst().orElseThrow()
        .destination().family());
  }

  @Test
  void theOldListingHasTheRoutesOfTheMainTable() throws ReadException {
    List<RouteEntry> old = RouteDumpReader.read(Dumps.of("route.old"), Family.IPV4);
    List<RouteEntry> now = RouteDumpReader.read(Dumps.of("route"), Family.IPV4).stream()
        .filter(r -> r.table() == RouteEntry.TABLE_MAIN && r.destination().family() == Family.IPV4).toList();
    assertEquals(now.stream().map(RouteEntry::destination).toList(), old.stream().map(RouteEntry::destination).toList());
    assertEquals(now.stream().map(RouteEntry::metric).toList(), old.stream().map(RouteEntry::metric).toList());
    for (int i = 0; i < old.size(); i++) {
      AddressType expected = now.get(i).type() == AddressType.PROHIBIT ? AddressType.UNREACHABLE : now.get(i).type();
      assertEquals(expected, old.get(i).type());
    }
    assertEquals(old.size(), RouteDumpReader.read(Dumps.of("route.netstat"), Family.IPV4).size());
    List<RouteEntry> six = RouteDumpReader.read(Dumps.of("route6.old"), Family.IPV6);
    assertTrue(six.stream().anyMatch(r -> r.type() == AddressType.LOCAL && r.table() == RouteEntry.TABLE_LOCAL));
    assertTrue(six.stream().noneMatch(r -> r.metric() == 0xffff_ffffL));
  }

  @Test
  void rulesAsTextAndJsonAreTheSame() throws ReadException {
    List<PolicyRule> rules = RuleDumpReader.read(Dumps.of("rule"), Family.IPV4);
    assertEquals(rules, RuleDumpReader.read(Dumps.of("rule.json"), Family.IPV4));
    PolicyRule r = rules.get(1);
    assertEquals("10.1.1.0/24", r.from().toString());
    assertEquals(0x10, r.mark());
    assertEquals(0xf0, r.markMask());
    assertEquals("eth0", r.inInterface());
    assertTrue(rules.get(2).inverted());
    assertEquals(0, rules.get(2).suppressPrefixLength());
    assertEquals(PolicyRule.Action.GOTO, rules.get(3).action());
    assertEquals(new PolicyRule.Range(80, 90), rules.get(6).destinationPorts().orElseThrow());
    assertEquals(List.of("0", "100", "32766"), RuleDumpReader.read(Dumps.of("rule6"), Family.IPV6).stream()
        .map(p -> Long.toString(p.priority())).toList());
  }

  @Test
  void bridgePortsInAllForms() throws ReadException {
    for (String name : List.of("bridge", "bridge.detailed", "bridge.json")) {
      assertEquals(Map.of("p0", "br0"), BridgeDumpReader.read(Dumps.of(name)));
    }
  }

  @Test
  void sysctlsAreReadWithTheirNames() throws ReadException {
    assertEquals(1, SysctlReader.read(Dumps.of("sysctl")).number("net.ipv4.conf.all.send_redirects", 7));
    assertEquals(
        "1 2", SysctlReader.read(SourceText.of("f", "# c\n-net/ipv4/conf/eth0.100/forwarding = 1\nkernel.x=1 2\n"))
            .text("kernel.x").orElseThrow());
    assertEquals(1, SysctlReader.read(SourceText.of("f", "net/ipv4/conf/eth0.100/forwarding=1"))
        .number("net.ipv4.conf.eth0/100.forwarding", 0));
  }

  @Test
  void connectionsPrintBackAsTheyWere() throws ReadException {
    SourceText dump = Dumps.of("conntrack");
    assertEquals(dump.text(), ConntrackWriter.print(ConntrackReader.read(dump)));
  }

  @Test
  void theLongFormsOfConnectionsSayTheSame() throws ReadException {
    List<ConntrackRecord> plain = ConntrackReader.read(Dumps.of("conntrack"));
    List<ConntrackRecord> extended = ConntrackReader.read(Dumps.of("conntrack.extended"));
    List<ConntrackRecord> proc = ConntrackReader.read(Dumps.of("conntrack.proc"));
    for (int i = 0; i < extended.size(); i++) {
      assertEquals(plain.get(i), extended.get(i));
      assertEquals(plain.get(i).original(), proc.get(i).original());
      assertEquals(plain.get(i).reply(), proc.get(i).reply());
    }
    assertEquals(new Zone(4, Zone.ORIGINAL, false),
        plain.stream().filter(r -> r.state().equals(Optional.of("SYN_SENT"))).findFirst().orElseThrow().zone());
  }

  private static String problemsOf(Executable reading) {
    return assertThrows(ReadException.class, reading::run).getMessage();
  }

  private interface Executable {
    void run() throws ReadException;
  }

  @Test
  void everyMistakeOfAFileIsToldWithItsPlace() {
    assertEquals(
        """
        route:1:21: unknown word in a route: 'vai'
            default dev eth0    vai 10.0.0.1
                                ^^^
            expected via, dev, table, proto, scope, src, metric, mtu, nexthop …, as ip route prints it
        route:2:1: not an IPv4 address: 10.0.0
            10.0.0/8 dev eth0
            ^^^^^^
            expected an address; host names are not resolved
        route:3:16: the line ends too early
            10.1.0.0/16 dev
                           ^
            expected an interface""",
        problemsOf(() -> RouteDumpReader.read(SourceText.of("route",
            "default dev eth0    vai 10.0.0.1\n10.0.0/8 dev eth0\n10.1.0.0/16 dev\n10.2.0.0/16 dev eth0\n"),
            Family.IPV4)));
  }

  @Test
  void badJsonIsToldWithItsPlace() {
    String message = problemsOf(() -> RouteDumpReader.read(
        SourceText.of("route", "[{\"dst\":\"default\",\"dev\":\"eth0\"},\n {\"dst\":7.5,\"dev\":\"a/b\"}, x]"), Family.IPV4));
    assertTrue(message.contains("route:2:28: not JSON"), message);
    message = problemsOf(() -> RouteDumpReader.read(
        SourceText.of("route", "[{\"dst\":\"default\"},\n {\"dst\":\"10.0.0.0/8\",\"dev\":\"a/b\"}]"), Family.IPV4));
    assertTrue(message.contains("route:1:9: route without a next hop"), message);
    assertTrue(message.contains("route:2:28: not an interface name: 'a/b'"), message);
  }

  @Test
  void otherMistakes() {
    assertTrue(problemsOf(() -> AddressDumpReader.read(SourceText.of("addr", "eth0  UP  192.0.2.1/24\n")))
        .contains("addr:1:1: not an interface"));
    assertTrue(problemsOf(() -> AddressDumpReader.read(SourceText.of("addr",
        "1: lo: <UP> mtu 1\n1: eth0: <UP> mtu 2\n    inet 300.1.1.1/8 scope host lo\n")))
        .contains("addr:2:4: two interfaces with one index: 1"));
    assertTrue(problemsOf(() -> SysctlReader.read(SourceText.of("sysctl", "net.ipv4.ip_forward = yes\nnonsense\n")))
        .contains("sysctl:1:23: not a number: 'yes'"));
    String knobs = problemsOf(() -> SysctlReader.read(SourceText.of("sysctl", "net.nf_conntrack_max = abc\n"
        + "net.ipv4.route.error_cost = x\nnet/ipv6/icmp/ratelimit = \nnet.ipv6.icmp.ratemask = 0-1,3-256\n"
        + "net.ipv6.icmp.ratemask = 0-1,3-127,255\nnet.ipv6.icmp.ratemask = \nnet.ipv6.icmp.ratemask = 3-\n"
        + "net.netfilter.nf_conntrack_udp_timeout = 4294967296\nnet.ipv4.icmp_ratemask = 4294967295\n")));
    for (String problem : List.of("1:24: not a number: 'abc'", "2:29: not a number: 'x'", "3:26: not a number: ''",
        "4:26: not a list of ICMPv6 types: '0-1,3-256'", "7:26: not a list of ICMPv6 types: '3-'",
        "8:42: not a number: '4294967296'")) {
      assertTrue(knobs.contains("sysctl:" + problem), knobs);
    }
    assertEquals(6, knobs.split("sysctl:").length - 1, knobs);
    assertTrue(problemsOf(() -> ConntrackReader.read(SourceText.of("conntrack", "tcp 6 10 ESTABLISHED src=1.2.3.4\n")))
        .contains("the original direction lacks its addresses"));
    assertTrue(problemsOf(() -> RuleDumpReader.read(SourceText.of("rule", "0: from all lookup local frob\n"), Family.IPV4))
        .contains("rule:1:26: unknown word in a rule: 'frob'"));
  }

  @Test
  void linesTooLongForTheirFile() {
    SourceText source = SourceText.of("f", "#\n1.2.3.4 1/tcp " + "a ".repeat(5000) + "\n");
    for (String message : List.of(problemsOf(() -> IpSetReader.read(source)), problemsOf(() -> HostNames.read(source)),
        problemsOf(() -> ServicesReader.read(source)))) {
      assertTrue(message.startsWith("f:2:1: line too long: 10014 characters\n    1.2.3.4 1/tcp a a"), message);
      assertTrue(message.endsWith("\n    ^\n    expected at most 8192: say it in several lines"), message);
    }
  }
}
