package io.sluice.corpus.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.corpus.kernel.Kernel;
import io.sluice.corpus.kube.KubeNode;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.netfilter.Family;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The rules that real programs wrote, and those of a cluster's node, under generated traffic: Sluice and the running kernel
 * agree. {@code -Dagree.seed=N} draws other packets; {@link Agree} with {@code --host} takes any number.
 */
class HostsAgreeKernelIT {
  private static final long SEED = Long.getLong("agree.seed", 1);
  private static final int PACKETS = 60;
  private static final int SERVICES = 30;
  private static final int HIT_AT_LEAST = 20;

  @TempDir
  private Path scratch;

  @BeforeEach
  void kernel() {
    Kernel.needed();
  }

  @TestFactory
  Stream<DynamicTest> recordedHosts() throws Exception {
    List<DynamicTest> tests = new ArrayList<>();
    try (Stream<Path> hosts = Files.list(Path.of("hosts"))) {
      for (Path host : hosts.filter(Files::isDirectory).sorted().toList()) {
        for (Family family : Family.values()) {
          if (HostScenario.hasRules(host, family)) {
            Backend backend = host.endsWith("docker-nft") ? Backend.NFT : Backend.LEGACY;
            tests.add(DynamicTest.dynamicTest(host.getFileName() + " " + family, () -> agrees(host, family, backend)));
          }
        }
      }
    }
    assertTrue(tests.size() > 15, () -> "hosts: " + tests.size());
    return tests.stream();
  }

  @Test
  void aClustersNode() throws Exception {
    KubeNode.write(scratch, SERVICES, 2, SEED);
    agrees(scratch, Family.IPV4, Backend.LEGACY);
    agrees(scratch, Family.IPV4, Backend.NFT);
  }

  /** {@code ip route show table all} tells the routes of both families, in all tables; so does what collect.sh writes. */
  @Test
  void aRouterWithTablesOfItsOwn() throws Exception {
    Files.writeString(scratch.resolve("iptables.save"), "*mangle\n-A PREROUTING -s 198.51.100.77 -j MARK --set-mark 7\nCOMMIT\n"
        + "*filter\n-A FORWARD -o eth1 -j DROP\nCOMMIT\n");
    Files.writeString(scratch.resolve("addr"), "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n"
        + "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n    inet 198.51.100.1/24 scope global eth0\n"
        + "    inet6 2001:db8::1/64 scope global\n3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400 state UP\n"
        + "    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff\n    inet 10.1.0.1/16 scope global eth1\n");
    Files.writeString(scratch.resolve("route"), "default via 203.0.113.1 dev eth0 proto static onlink\n169.254.0.0/16 dev eth1 scope link "
        + "metric 1000\ndefault via 10.1.0.9 dev eth1 table 101\nblackhole 192.0.2.0/25 table 101\n10.1.0.0/16 dev eth1 proto kernel "
        + "scope link src 10.1.0.1\n198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.1\nlocal 10.1.0.1 dev eth1 table "
        + "local proto kernel scope host src 10.1.0.1\nlocal 198.51.100.1 dev eth0 table local proto kernel scope host src "
        + "198.51.100.1\ndefault via 2001:db8::9 dev eth0 metric 1024 pref medium\nmulticast ff00::/8 dev eth1 table local proto kernel "
        + "metric 256 pref medium\n");
    Files.writeString(scratch.resolve("rule"), "0:\tfrom all lookup local\n100:\tfrom 10.1.0.0/16 lookup 101\n"
        + "101:\tfrom all fwmark 0x7 lookup 101\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n");
    Files.writeString(scratch.resolve("sysctl"), "net.ipv4.ip_forward = 1\n");
    assertEquals(List.of("default via 203.0.113.1 dev eth0 onlink", "169.254.0.0/16 dev eth1 metric 1000",
        "default via 10.1.0.9 dev eth1 table 101", "blackhole 192.0.2.0/25 table 101"),
        HostScenario.read(scratch, Family.IPV4, Backend.LEGACY).host().routes());
    agrees(scratch, Family.IPV4, Backend.LEGACY);
  }

  private static void agrees(Path host, Family family, Backend backend) throws Exception {
    HostScenario scenario = HostScenario.read(host, family, backend);
    Agreement a = Agree.play(scenario.world(SEED), scenario.host(), PACKETS);
    assertTrue(a.agrees() || !Agree.isLasting(a.scenario()), () -> "seed " + SEED + " (again with: agree --host " + host + " --family "
        + (family == Family.IPV4 ? 4 : 6) + " --backend " + backend + " --seeds " + SEED + " --packets " + PACKETS + "): " + a.differences());
    assertTrue(a.hitPackets() * 100 >= HIT_AT_LEAST * a.packets(), () -> "packets that hit a rule: " + a.hitPackets());
  }
}
