package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.extension.UnknownPolicy;
import io.sluice.host.AddressType;
import io.sluice.host.FlowKey;
import io.sluice.host.JoinedGroup;
import io.sluice.host.Neighbour;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Route;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Host;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostReaderTest {
  @TempDir Path directory;

  private void file(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }

  private void dumps(String... names) throws IOException {
    for (String name : names) {
      file(name, Dumps.of(name).text());
    }
  }

  private static Route input(Network network, String device, String from, String to) {
    IpAddress src = IpAddress.of(from);
    IpAddress dst = IpAddress.of(to);
    FlowKey key = new FlowKey().set(src.family(), src.hi(), src.lo(), dst.hi(), dst.lo(), 0, 0);
    return network.routing().input(key, network.requireDevice(device));
  }

  @Test
  void aDirectoryOfAllDumpsIsAHost() throws Exception {
    dumps("addr", "route", "rule", "rule6", "bridge", "sysctl", "conntrack");
    file("iptables.save", "*filter\n:INPUT DROP [1:2]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n");
    file("ipset.save", "create s hash:ip family inet hashsize 1024 maxelem 65536\nadd s 10.0.0.1\n");
    Host host = HostReader.read(directory);
    assertEquals(List.of("lo", "p0", "eth0", "br0", "tun0"), host.network().devices().stream().map(NetDevice::name).toList());
    assertEquals(List.of("p0"), host.network().devicesOf(host.network().requireDevice("br0")).stream()
        .map(NetDevice::name).toList());
    assertEquals(1, host.ipv4().tables().size());
    assertEquals(10, host.conntrack().size());
    assertEquals(List.of(), host.ipv6().tables());
  }

  @Test
  void withoutRoutesTheConnectedOnesAreThere() throws Exception {
    dumps("addr");
    file("sysctl", "net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n");
    Network network = HostReader.read(directory).network();
    assertEquals("tun0", input(network, "eth0", "192.0.2.9", "10.8.0.7").out().name());
    assertEquals(AddressType.LOCAL, input(network, "eth0", "192.0.2.9", "192.0.2.2").type());
    assertEquals(AddressType.BROADCAST, input(network, "eth0", "192.0.2.9", "192.0.2.255").type());
    assertEquals(Route.Failure.NO_ROUTE, input(network, "eth0", "192.0.2.9", "8.8.8.8").failure());
    assertEquals(AddressType.LOCAL, input(network, "eth0", "2001:db8::9", "2001:db8::1").type());
    assertEquals("eth0", input(network, "eth0", "2001:db8::9", "2001:db8::7").out().name());
    assertEquals(AddressType.ANYCAST, input(network, "eth0", "2001:db8::9", "2001:db8::").type());
  }

  @Test
  void derivedRoutesAreThoseThatTheKernelHas() throws Exception {
    dumps("addr");
    Network derived = HostReader.read(directory).network();
    dumps("route");
    Network dumped = HostReader.read(directory).network();
    var kernels = dumped.routes().stream()
        .filter(r -> r.protocol().equals("kernel"))
        .map(r -> r.type() + " " + r.destination() + " " + r.table() + " " + r.hops().get(0).device() + " " + r.scope()
            + " " + r.metric() + " " + r.preferredSource()).sorted().toList();
    // br0's address was still tentative, so that the dump of addresses does not make it local; it was by the next dump.
    var ours = Stream.concat(
        derived.routes().stream().map(r -> r.type() + " " + r.destination() + " " + r.table() + " "
            + r.hops().get(0).device() + " " + r.scope() + " " + r.metric() + " " + r.preferredSource()),
        Stream.of("LOCAL fe80::cd:2fff:fea1:88c5/128 255 br0 0 0 Optional.empty"))
        .distinct().sorted().toList();
    assertEquals(String.join("\n", kernels), String.join("\n", ours));
  }

  @Test
  void withoutAddressesTheInterfacesAreThoseThatOthersName() throws Exception {
    dumps("route");
    file("iptables.save",
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -i wan7 -o veth+ -j DROP\nCOMMIT\n");
    Network network = HostReader.read(directory).network();
    assertEquals(Optional.empty(), network.device("veth+"));
    assertTrue(network.requireDevice("wan7").up());
    assertTrue(network.requireDevice("eth0").addresses().stream().anyMatch(a -> a.address().equals(IpAddress.of("192.0.2.1"))
        && a.prefixLength() == 24));
    assertEquals(AddressType.LOCAL, input(network, "wan7", "8.8.8.8", "192.0.2.1").type());
    assertEquals(NetDevice.Kind.LOOPBACK, network.loopback().kind());
  }

  @Test
  void onlyRulesMakeAHostToo() throws Exception {
    file("iptables.save", "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n");
    Network network = HostReader.read(directory).network();
    assertEquals(List.of("lo"), network.devices().stream().map(NetDevice::name).toList());
    FlowKey key = new FlowKey().set(Family.IPV4, 0, 0, 0, IpAddress.of("127.0.0.5").lo(), 0, 0);
    assertEquals(AddressType.LOCAL, network.routing().output(key, null).type());
  }

  @Test
  void problemsOfAllFilesAreToldAtOnce() throws Exception {
    file("addr", "nonsense\n");
    file("route", "default dev\nten.0.0.1 dev eth0\n");
    file("sysctl", "net.ipv4.ip_forward = maybe\n");
    file("iptables.save", "*filter\n-A NOWHERE -j ACCEPT\nCOMMIT\n");
    ReadException e = assertThrows(ReadException.class, () -> HostReader.read(directory));
    assertEquals(
        List.of("iptables.save:2", "sysctl:1", "addr:1", "route:1", "route:2"),
        e.problems().stream().map(p -> Path.of(p.file()).getFileName() + ":" + p.line()).distinct().toList());
  }

  @Test
  void dumpsThatDoNotBelongTogetherAreTold() throws Exception {
    dumps("addr");
    file("route", "default via 10.0.0.1 dev wlan0\n");
    file("bridge", "2: eth9: <UP> mtu 1500 master br0 state forwarding priority 32 cost 2\n");
    ReadException e = assertThrows(ReadException.class, () -> HostReader.read(directory));
    assertTrue(e.getMessage().contains("names interface 'wlan0'"), e.getMessage());
    assertTrue(e.getMessage().contains("names interface 'eth9'"), e.getMessage());
  }

  @Test
  void unknownExtensionsAreUpToTheCaller() throws Exception {
    file("iptables.save", "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        + "-A INPUT -m frobnicate --frob 1 -j ACCEPT\nCOMMIT\n");
    assertThrows(ReadException.class, () -> HostReader.read(directory));
    assertEquals(1, new HostReader().directory(directory).unknown(UnknownPolicy.MAYBE).read().ipv4().tables().size());
  }

  @Test
  void tablesWithNamesAreTheSameInRoutesAndRules() throws Exception {
    dumps("addr");
    file("sysctl", "net.ipv4.ip_forward=1\n");
    file("route", "default via 192.0.2.254 dev eth0\ndefault via 10.8.0.9 dev tun0 table vpn\n"
        + "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1\n");
    file("rule", "0:\tfrom all lookup local\n100:\tfrom 192.0.2.9 lookup vpn\n32766:\tfrom all lookup main\n");
    Network network = HostReader.read(directory).network();
    assertEquals("tun0", input(network, "eth0", "192.0.2.9", "8.8.8.8").out().name());
    assertEquals("eth0", input(network, "eth0", "192.0.2.10", "8.8.8.8").out().name());
  }

  @Test
  void namesInAListingAreThoseOfHostsAndServices() throws Exception {
    file("iptables.save", "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n"
        + " pkts bytes target     prot opt in     out     source               destination\n"
        + "    0     0 ACCEPT     tcp  --  any    any     gate                 anywhere             tcp dpt:knock\n");
    file("hosts", "192.168.1.1 gate\n");
    file("services", "knock 7777/tcp\n");
    HostReader reader = new HostReader().directory(directory);
    assertTrue(RuleSetWriter.plain().save(reader.read().ipv4()).contains("-A INPUT -s 192.168.1.1/32 -p tcp -m tcp --dport 7777"));
    assertEquals(Optional.of(7777), reader.services().port("knock", "tcp"));
  }

  @Test
  void stationsAreThoseThatHaveAHardwareAddress() throws Exception {
    file("neigh", "10.0.0.2 dev br0 lladdr 02:00:00:00:00:0A REACHABLE\n10.0.0.3 dev br0 FAILED\n"
        + "fe80::2 dev br0 lladdr 02:00:00:00:00:0b router STALE\n10.1.0.1 dev tun0 lladdr 192.0.2.1 NOARP\n");
    List<Neighbour> stations = List.of(
        new Neighbour(IpAddress.of("10.0.0.2"), 0x02_00_00_00_00_0AL), new Neighbour(IpAddress.of("fe80::2"), 0x02_00_00_00_00_0BL));
    assertEquals(stations, HostReader.read(directory).network().neighbours());
    file("neigh", "[{\"dst\":\"10.0.0.2\",\"dev\":\"br0\",\"lladdr\":\"02:00:00:00:00:0a\",\"state\":[\"STALE\"]},"
        + "{\"dst\":\"10.0.0.3\",\"dev\":\"br0\",\"state\":[\"FAILED\"]}]");
    assertEquals(stations.subList(0, 1), HostReader.read(directory).network().neighbours());
    file("neigh", "somewhere dev br0 lladdr 02:00:00:00:00:0a\n");
    assertTrue(assertThrows(ReadException.class, () -> HostReader.read(directory)).getMessage().contains("neigh:1:1: not an address"));
  }

  @Test
  void groupsAreThoseOfAnInterface() throws Exception {
    file("maddr", "1:\tlo\n\tinet  224.0.0.1\n2:\teth0\n\tlink  01:00:5e:01:02:03\n\tinet  239.1.2.3 users 2\n\tinet6 ff05::1234\n");
    List<JoinedGroup> groups = List.of(new JoinedGroup("lo", IpAddress.of("224.0.0.1")),
        new JoinedGroup("eth0", IpAddress.of("239.1.2.3")), new JoinedGroup("eth0", IpAddress.of("ff05::1234")));
    assertEquals(Optional.of(groups), HostReader.read(directory).network().groups());
    file("maddr", "[{\"ifindex\":1,\"ifname\":\"lo\",\"maddr\":[{\"family\":\"inet\",\"address\":\"224.0.0.1\"}]},"
        + "{\"ifindex\":2,\"ifname\":\"eth0\",\"maddr\":[{\"link\":\"01:00:5e:01:02:03\"},{\"family\":\"inet\",\"address\":\"239.1.2.3\"},"
        + "{\"family\":\"inet6\",\"address\":\"ff05::1234\"}]}]");
    assertEquals(Optional.of(groups), HostReader.read(directory).network().groups());
    file("maddr", "\tinet  224.0.0.1\n1:\tlo\n\tinet  somewhere\n\tigmp 224.0.0.1\n");
    String message = assertThrows(ReadException.class, () -> HostReader.read(directory)).getMessage();
    for (String problem : List.of("maddr:1:2: a group before any interface", "maddr:3:8: not an address", "maddr:4:2: neither an interface")) {
      assertTrue(message.contains(problem), message);
    }
  }

  @Test
  void aDirectoryWithoutDumpsIsNoHost() {
    assertTrue(assertThrows(IOException.class, () -> HostReader.read(directory)).getMessage().contains("iptables.save"));
    assertThrows(IOException.class, () -> HostReader.read(directory.resolve("nowhere")));
  }
}
