package io.sluice.analysis.reach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * In chains of hundreds of rules those are searched for that a packet may meet, and many rules are avoided at once; where none
 * changes packets it is known of all at once what the chain makes of them. What is said of each packet is what becomes of it all
 * the same.
 */
class LongChainsTest {
  private static final int RULES = 400;
  private static final int CLIENTS = 12;
  private static final int SERVERS = 40;
  private static final int PORTS = 6;
  private static final List<String> TARGETS = List.of("ACCEPT", "DROP", "REJECT", "LOG", "RETURN");

  @TempDir
  Path directory;

  @Test
  void packetsFareAsIsSaidWhereRulesChangeThem() throws Exception {
    packetsFareAsIsSaid(Stream.concat(TARGETS.stream(), Stream.of("MARK --set-mark 1")).toList());
  }

  @Test
  void packetsFareAsIsSaidOfAllAtOnce() throws Exception {
    packetsFareAsIsSaid(TARGETS);
  }

  @Test
  void packetsFareAsIsSaidWhereChanceDecides() throws Exception {
    packetsFareAsIsSaid(Stream.concat(TARGETS.stream(), Stream.of("ACCEPT -m limit --limit 1/hour", "CALLED",
        "CALLED -m limit --limit 2/hour", "DROP -m recent --rcheck")).toList());
  }

  private void packetsFareAsIsSaid(List<String> targets) throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    Files.writeString(directory.resolve("iptables.save"), "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
        + rules("PREROUTING", random, List.of("DNAT --to-destination 10.1.0.1", "DNAT --to-destination 10.1.0.2:1001", "RETURN"))
        + "COMMIT\n*filter\n:FORWARD DROP [0:0]\n:CALLED - [0:0]\n-A FORWARD -m mark --mark 1 -j DROP\n"
        + "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n" + rules("FORWARD", random, targets)
        + rules("CALLED", random, TARGETS) + "COMMIT\n");
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\n");
    Files.writeString(directory.resolve("addr"), """
        1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
            inet 127.0.0.1/8 scope host lo
        2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500
            inet 10.0.255.1/16 scope global eth0
        3: eth1: <BROADCAST,UP,LOWER_UP> mtu 1500
            inet 10.1.255.1/16 scope global eth1
        """);
    Files.writeString(directory.resolve("route"), "10.0.0.0/16 dev eth0 scope link\n10.1.0.0/16 dev eth1 scope link\n");
    Host host = HostReader.read(directory);
    Space space = Space.of(host, Family.IPV4);
    List<Cube> tcp = ConnectionProbe.first(space, ConnectionProbe.interfaces(space)).subList(0, 1);
    Map<Part, List<Cube>> parts = HostReach.ask(space, host, tcp, n -> true).parts().stream()
        .collect(Collectors.toMap(Function.identity(), Part::cubes, (one, other) -> one, IdentityHashMap::new));
    Simulator simulator = Simulator.builder(host).walker().build();
    Point point = space.pick(tcp.get(0), 0);
    point.set(space.axis(Field.IN_INTERFACE), 0, space.interfaceValue(host.network().requireDevice("eth0")));
    int connected = 0;
    int uncertain = 0;
    for (int n = 0; n < CLIENTS * SERVERS * PORTS; n++) {
      point.set(space.axis(Field.SOURCE), 0, 0x0a00_0000 | n % CLIENTS);
      point.set(space.axis(Field.DESTINATION), 0, 0x0a01_0000 | n / CLIENTS % SERVERS);
      point.set(space.axis(Field.DESTINATION_PORT), 0, 1000 + n / (CLIENTS * SERVERS));
      List<Part> mine = parts.keySet().stream().filter(part -> parts.get(part).stream().anyMatch(cube -> cube.contains(point))).toList();
      assertEquals(1, mine.size(), () -> PointText.text(space, point) + " is in " + mine);
      simulator = simulator.restarted();
      boolean connects = ConnectionPlay.play(simulator, space, point, ConnectionProbe.Extent.CONNECTION).orElseThrow().connected();
      assertTrue(connects ? mine.get(0).mayConnect() : !mine.get(0).connects(),
          () -> PointText.text(space, point) + ": " + mine.get(0).fate());
      uncertain += mine.get(0).isUncertain() ? 1 : 0;
      connected += connects ? 1 : 0;
    }
    assertTrue(connected > 100 && connected < CLIENTS * SERVERS * PORTS - 100, "connected: " + connected);
    assertEquals(targets.stream().anyMatch(target -> target.contains(" -m ")), uncertain > 100, "uncertain: " + uncertain);
  }

  private static String rules(String chain, SplittableRandom random, List<String> targets) {
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < RULES; i++) {
      rules.append("-A ").append(chain).append(random.nextInt(3) == 0 ? " -s 10.0.0." + random.nextInt(CLIENTS) : "")
          .append(" -d 10.1.0.").append(random.nextInt(SERVERS)).append(random.nextInt(8) == 0 ? "/29" : "").append(" -p tcp")
          .append(random.nextInt(3) == 0 ? "" : " -m tcp --dport " + (1000 + random.nextInt(PORTS)))
          .append(" -j ").append(targets.get(random.nextInt(targets.size()))).append('\n');
    }
    return rules.toString();
  }
}
