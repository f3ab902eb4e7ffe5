package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.oracle.ConnectionRules;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * On pairs of random rule sets every connection of a small router that ends differently when it is played on both is in one
 * region, and what is in a region ends differently. {@code -Ddiff.seed=N -Ddiff.hosts=1} replays one pair.
 */
class ConnectionDiffExactnessTest {
  private static final long SEED = Long.getLong("diff.seed", 1);
  private static final int HOSTS = Integer.getInteger("diff.hosts", 40);

  @TempDir
  Path directory;

  private int different;
  private int alike;
  private int open;

  @ParameterizedTest
  @EnumSource(Family.class)
  void regionsAreTheConnectionsThatEndDifferently(Family family) throws Exception {
    ConnectionWorld world = new ConnectionWorld(family, directory);
    int shown = 0;
    int regions = 0;
    for (long seed = SEED; seed < SEED + HOSTS; seed++) {
      ConnectionRules rules = new ConnectionRules(new SplittableRandom(seed), world);
      Map<String, List<String>> chains = rules.chains();
      List<String> policies = rules.policies();
      String textA = rules.text(chains, policies);
      String textB = rules.text(rules.edited(chains), policies);
      Host a = world.host(textA);
      Host b = world.host(textB);
      Extent extent = seed % 4 == 0 ? Extent.FIRST : Extent.CONNECTION;
      ConnectionDifference difference = HostDiff.of(a, b).compare(family, extent, n -> true);
      check(world, difference, a, b, "-Ddiff.hosts=1 -Ddiff.seed=" + seed + "\n" + textA + textB);
      regions += difference.regions().size();
      shown += (int) difference.regions().stream().filter(region -> region.played().isPresent()).count();
    }
    String what = different + " different, " + alike + " alike, " + open + " open; " + shown + " of " + regions + " regions shown";
    assertTrue(HOSTS < 40 || different > 200 && alike > 3_000 && open < (different + alike) / 10 && shown > regions / 2, what);
  }

  private void check(ConnectionWorld world, ConnectionDifference difference, Host a, Host b, String replay) {
    Space space = difference.space();
    Simulator inA = Simulator.builder(a).walker().build();
    Simulator inB = Simulator.builder(b).walker().build();
    for (Point point : world.firstPackets(space)) {
      inA = inA.restarted();
      inB = inB.restarted();
      String seenA = ConnectionWorld.seen(ConnectionPlay.play(inA, space, point, difference.extent()).orElseThrow());
      String seenB = ConnectionWorld.seen(ConnectionPlay.play(inB, space, point, difference.extent()).orElseThrow());
      List<Region> mine = difference.regions().stream()
          .filter(region -> region.parts().stream().anyMatch(cube -> cube.contains(point))).toList();
      Supplier<String> where = () -> PointText.text(space, point) + ": " + mine.stream()
          .map(region -> region.fateA() + " / " + region.fateB()).toList() + "\nA " + seenA + "\nB " + seenB + "\n" + replay;
      assertTrue(mine.size() <= 1, where);
      if (!seenA.equals(seenB)) {
        assertEquals(1, mine.size(), where);
        different++;
      } else if (mine.isEmpty()) {
        alike++;
      } else {
        // A mark that a connection keeps is a difference, and not seen; nor is who drops a packet, a rule or the IP layer.
        assertTrue(isOpen(mine.get(0).fateA()) || isOpen(mine.get(0).fateB()), where);
        open++;
      }
    }
  }

  private static boolean isOpen(Fate fate) {
    return !fate.isCertain() || fate.toString().contains("CONNMARK") || fate.toString().contains("one of several addresses")
        || fate.toString().startsWith("no way");
  }
}
