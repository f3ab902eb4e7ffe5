package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** One broad rule in front of thousands: many networks, in each some senders by their Ethernet addresses, and some services. */
class BroadRuleTest {
  private static final int NETWORKS = 12;
  private static final int SENDERS = 20;
  private static final int SERVICES = 25;
  private static final int ASKED = 2_000;
  /** What is marked is asked for. */
  private static final String MARKING = "-A FORWARD -p tcp -j MARK --set-xmark 0x4/0x4\n"
      + "-A FORWARD -s 10.1.3.0/24 -m mark --mark 0x4/0x4 -j MARK --set-xmark 0x1/0x3\n"
      + "-A FORWARD -d 10.1.4.0/24 -m mark --mark 0x1/0x1 -j DROP\n";

  /** As {@code iptables-save} prints a campus' router. */
  static String rules(String first, SplittableRandom random) {
    StringBuilder chains = new StringBuilder("*filter\n:FORWARD ACCEPT [0:0]\n");
    StringBuilder forward = new StringBuilder(first).append("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
        + "-A FORWARD -m recent --update --seconds 60 --name bad --rsource -j DROP\n");
    StringBuilder others = new StringBuilder();
    for (int n = 0; n < NETWORKS; n++) {
      chains.append(":mac_").append(n).append(" - [0:0]\n:to_").append(n).append(" - [0:0]\n");
      forward.append("-A FORWARD -s 10.1.").append(n).append(".0/24 -i vlan").append(n).append(" -j mac_").append(n)
          .append("\n-A FORWARD -i vlan").append(n).append(" ! -s 10.1.").append(n).append(".0/24 -j DROP\n-A FORWARD -d 10.1.")
          .append(n).append(".0/24 -o vlan").append(n).append(" -j to_").append(n).append('\n');
      for (int i = 0; i < SENDERS; i++) {
        String sender = "-A mac_" + n + " -s 10.1." + n + "." + random.nextInt(256);
        others.append(sender).append(String.format(" -m mac --mac-source 02:00:00:00:%02x:%02x -j RETURN%n", n, i))
            .append(sender).append(" -j DROP\n");
      }
      for (int i = 0; i < SERVICES; i++) {
        String from = random.nextBoolean() ? "" : " -s 10.1." + random.nextInt(NETWORKS) + "." + random.nextInt(256);
        others.append("-A to_").append(n).append(from).append(" -d 10.1.").append(n).append('.').append(random.nextInt(256))
            .append(" -p tcp -m multiport --dports 80,").append(1000 + i).append(i % 5 == 0 ? " -j REJECT\n" : " -j ACCEPT\n");
      }
    }
    return chains.append(forward).append("-A FORWARD -m limit --limit 5/sec -j REJECT\n-A FORWARD -j DROP\n").append(others)
        .append("COMMIT\n").toString();
  }

  @Test
  void whatABroadRuleChangesIsAFewRegionsOfManyPartsThatHaveExactlyWhatDiffers() {
    for (String target : List.of("ACCEPT", "DROP")) {
      check(target, "");
      check(target, MARKING);
    }
  }

  private static void check(String target, String behind) {
    Host a = SmallWorld.host(rules(behind, new SplittableRandom(1)));
    Host b = SmallWorld.host(rules("-A FORWARD -p tcp -m tcp --dport 80 -j " + target + "\n" + behind, new SplittableRandom(1)));
    HostDiff diff = HostDiff.of(a, b);
    HookDifference difference = forward(diff.shown(diff.compare(Family.IPV4, n -> true)));
    List<Region> regions = difference.regions();
    assertTrue(regions.size() <= 12, regions.size() + " regions");
    assertTrue(regions.stream().mapToDouble(region -> region.packets().count()).sum() > 2_000,
        regions.stream().map(region -> region.fateA() + " in " + region.packets().count()).toList().toString());
    assertTrue(regions.stream().anyMatch(region -> region.rest().isPresent() && region.byA().size() > 50),
        regions.stream().map(region -> region.fateA() + " by " + region.byA().size()).toList().toString());
    assertTrue(regions.stream().anyMatch(Region::shown));
    for (Region region : regions) {
      assertTrue(region.saying().cubes().size() + region.saying().except().size() <= 4, region.saying().toString());
    }
    check(difference, a, b);
  }

  private static HookDifference forward(List<HookDifference> differences) {
    return differences.stream().filter(difference -> difference.chain().equals("FORWARD")).findFirst().orElseThrow();
  }

  /** Asks about packets of the rules' own values, one by one. */
  private static void check(HookDifference difference, Host a, Host b) {
    Space space = difference.space();
    ChainPair pair = ChainPair.all(space, a, b, () -> true).stream().filter(p -> p.chainA().name().equals("FORWARD")).findFirst().orElseThrow();
    ChainProbe inA = new ChainProbe(pair.tableA(), pair.chainA());
    ChainProbe inB = new ChainProbe(pair.tableB(), pair.chainB());
    List<Cube> cubes = pair.tableA().chains().stream().flatMap(chain -> chain.rules().stream())
        .flatMap(rule -> rule.shape().may().stream()).toList();
    SplittableRandom random = new SplittableRandom(2);
    Set<Region> met = new LinkedHashSet<>();
    for (int i = 0; i < ASKED; i++) {
      Cube cube = difference.universe();
      for (int k = 0; k < 4; k++) {
        Cube smaller = cube.and(cubes.get(random.nextInt(cubes.size())));
        cube = smaller == null ? cube : smaller;
      }
      if (random.nextInt(4) != 0) {
        Cube changed = cube.and(pair.changed().get(0));
        cube = changed == null ? pair.changed().get(0).and(difference.universe()) : changed;
      }
      Point point = space.pick(cube, random.nextInt(4));
      Fate fateA = inA.at(point, cube).fate();
      Fate fateB = inB.at(point, cube).fate();
      List<Region> has = difference.regions().stream().filter(region -> region.packets().contains(point)).toList();
      if (!fateA.equals(fateB)) {
        assertEquals(1, has.size(), cube + ": " + fateA + " / " + fateB);
        assertEquals(ChangedPacketsTest.unmarked(fateA), ChangedPacketsTest.unmarked(has.get(0).fateA()), cube.toString());
        assertEquals(ChangedPacketsTest.unmarked(fateB), ChangedPacketsTest.unmarked(has.get(0).fateB()), cube.toString());
        met.addAll(has);
      } else {
        // What both make of a packet may differ in what they ask -m recent about it.
        assertTrue(has.stream().allMatch(region -> region.fateA().toString().contains("asks")), cube + ": " + fateA);
      }
    }
    assertTrue(met.size() >= 2, met.size() + " regions met");
  }

  @Test
  void theGraphHasTheSamePacketsAsTheParts() {
    Host a = SmallWorld.host(rules("", new SplittableRandom(3)));
    Host b = SmallWorld.host(rules("-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT\n", new SplittableRandom(3)));
    HookDifference difference = forward(HostDiff.of(a, b).compare(Family.IPV4, n -> true));
    for (Region region : difference.regions()) {
      Packets.Graph graph = (Packets.Graph) region.packets();
      double share = graph.cubes().stream().mapToDouble(Cube::share).sum();
      assertEquals(graph.share(), share, share * 1e-9);
      for (Cube cube : graph.some(20)) {
        Point point = difference.space().pick(cube, 0);
        assertTrue(graph.contains(point) && follows(graph.nodes(), point), cube.toString());
      }
      Point outside = difference.space().pick(difference.universe(), 0);
      assertEquals(graph.contains(outside), follows(graph.nodes(), outside));
    }
  }

  private static boolean follows(List<List<Packets.Way>> nodes, Point point) {
    int at = 0;
    while (at >= 0) {
      int next = nodes.get(at).stream().filter(way -> way.packets().contains(point)).mapToInt(Packets.Way::to).findFirst().orElse(-2);
      if (next < 0) {
        return next == -1;
      }
      at = next;
    }
    return false;
  }
}
