package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.oracle.ConnectionRules;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.netfilter.Family;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
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

  @ParameterizedTest
  @EnumSource(Family.class)
  void regionsAreTheConnectionsThatEndDifferently(Family family) throws Exception {
    ConnectionWorld world = new ConnectionWorld(family, directory);
    int shown = 0;
    int regions = 0;
    int different = 0;
    int alike = 0;
    int open = 0;
    for (long seed = SEED; seed < SEED + HOSTS; seed++) {
      ConnectionRules rules = new ConnectionRules(new SplittableRandom(seed), world);
      Map<String, List<String>> chains = rules.chains();
      List<String> policies = rules.policies();
      String textA = rules.text(chains, policies);
      String textB = rules.text(rules.edited(chains), policies);
      Extent extent = seed % 4 == 0 ? Extent.FIRST : Extent.CONNECTION;
      PlayedConnections played = new PlayedConnections(world, textA, textB, extent);
      ConnectionDifference difference = HostDiff.of(played.a, played.b).compare(family, extent, n -> true);
      String replay = "-Ddiff.hosts=1 -Ddiff.seed=" + seed + "\n" + textA + textB;
      assertEquals("", played.contradiction(difference), () -> replay);
      different += played.different;
      alike += played.alike;
      open += played.open;
      regions += difference.regions().size();
      shown += (int) difference.regions().stream().filter(region -> region.played().isPresent()).count();
    }
    String what = different + " different, " + alike + " alike, " + open + " open; " + shown + " of " + regions + " regions shown";
    assertTrue(HOSTS < 40 || different > 200 && alike > 3_000 && open < (different + alike) / 10 && shown > regions / 2, what);
  }
}
