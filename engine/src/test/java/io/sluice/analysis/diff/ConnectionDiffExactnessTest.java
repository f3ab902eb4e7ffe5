package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ChainSummaries;
import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.fate.Exits;
import io.sluice.analysis.fate.Sequel;
import io.sluice.analysis.oracle.ConnectionRules;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.netfilter.Family;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * On pairs of random rule sets every connection of a small router that ends differently when it is played on both is in one
 * region, and what is in a region ends differently. {@code -Ddiff.seed=N -Ddiff.hosts=1} replays one pair.
 */
class ConnectionDiffExactnessTest {
  private static final long SEED = Long.getLong("diff.seed", 1);
  private static final int HOSTS = Integer.getInteger("diff.hosts", 30);

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
    int later = 0;
    int joined = 0;
    for (long seed = SEED; seed < SEED + HOSTS; seed++) {
      ConnectionRules rules = new ConnectionRules(new SplittableRandom(seed), world);
      Map<String, List<String>> chains = rules.chains();
      List<String> policies = rules.policies();
      String textA = rules.text(chains, policies);
      String textB = rules.text(rules.edited(chains), policies);
      Extent extent = seed % 4 == 0 ? Extent.FIRST : Extent.ERRORS;
      PlayedConnections played = new PlayedConnections(world, textA, textB, extent);
      // Most pairs as if all chains were long, of which it is known what they make of all packets at once.
      int longChains = seed % 3 == 0 ? ChainSummaries.LONG : 1;
      ConnectionDifference difference = new ConnectionDiff(played.a, played.b, family, extent, longChains).compare(n -> true);
      String replay = "-Ddiff.hosts=1 -Ddiff.seed=" + seed + "\n" + textA + textB;
      assertEquals("", played.contradiction(difference), () -> replay);
      List<List<Object>> kinds = difference.regions().stream().filter(ConnectionDiffExactnessTest::goesOneWay)
          .map(region -> List.<Object>of(region.fateA().by(Exits.NONE), region.fateB().by(Exits.NONE), region.sequel())).toList();
      assertEquals(kinds.size(), Set.copyOf(kinds).size(), () -> "regions differ by interface only\n" + replay);
      joined += (int) difference.regions().stream().filter(region -> region.fateA().exits().ofPackets().size() > 1).count();
      different += played.different;
      alike += played.alike;
      open += played.open;
      later += played.later;
      // What is undecided of one cannot be shown.
      regions += (int) difference.regions().stream().filter(r -> !r.fateA().isUndecided() && !r.fateB().isUndecided()).count();
      shown += (int) difference.regions().stream().filter(region -> region.played().isPresent()).count();
    }
    String what = different + " different (" + later + " behind their first packets), " + alike + " alike, " + open
        + " open; " + shown + " of " + regions + " decided regions shown, "
        + joined + " by several interfaces";
    assertTrue(HOSTS < 30 || joined > 0 && different > 200 && later > 50 && alike > 3_000 && open < (different + alike) / 10 && shown > regions * 0.6, what);
  }

  /** Whether each of its packets may go by one interface, the same in both. */
  private static boolean goesOneWay(Region region) {
    Exits inA = region.fateA().exits();
    Exits inB = region.fateB().exits();
    return same(inA.ofPackets(), inB.ofPackets()) && same(inA.ofAnswers(), inB.ofAnswers());
  }

  private static boolean same(Set<String> some, Set<String> others) {
    return some.isEmpty() || others.isEmpty() || some.equals(others);
  }

  @Test
  void whatGoesByOneInterfaceOrTheOtherIsOneRegion() throws Exception {
    ConnectionWorld world = new ConnectionWorld(Family.IPV4, directory);
    String filter = "*filter\n:FORWARD ACCEPT [0:0]\n";
    ConnectionDifference difference = HostDiff.of(world.host(filter + "COMMIT\n"),
        world.host(filter + "-A FORWARD -p udp -j DROP\nCOMMIT\n")).compare(Family.IPV4, Extent.FIRST, n -> true);
    Region region = difference.regions().get(0);
    assertEquals(List.of("passes, by eth0 or eth1", "DROP, by eth0 or eth1"), List.of(region.fateA().toString(), region.fateB().toString()));
    assertTrue(difference.regions().size() == 1 && region.played().isPresent(), difference.regions().toString());
  }

  /** Wherever it is interrupted, connections that end differently are in a region, or among what it says is left. */
  @ParameterizedTest
  @ValueSource(ints = {1, ChainSummaries.LONG})
  void interruptedWorkSaysWhatIsLeft(int longChains) throws Exception {
    ConnectionWorld world = new ConnectionWorld(Family.IPV4, directory);
    ConnectionRules rules = new ConnectionRules(new SplittableRandom(1), world);
    Map<String, List<String>> chains = rules.chains();
    String textA = rules.text(chains, rules.policies());
    String textB = rules.text(rules.edited(chains), rules.policies());
    PlayedConnections played = new PlayedConnections(world, textA, textB, Extent.ERRORS);
    int alike = 0;
    int interruptions = 0;
    ConnectionDifference difference;
    do {
      int questions = interruptions * interruptions;
      AtomicInteger asked = new AtomicInteger();
      difference = new ConnectionDiff(played.a, played.b, Family.IPV4, Extent.ERRORS, longChains)
          .compare(n -> asked.getAndIncrement() < questions);
      assertEquals("", played.contradiction(difference), () -> "after " + questions + " questions\n" + textA + textB);
      boolean undone = !difference.left().isEmpty() || difference.regions().stream().anyMatch(region -> !region.left().isEmpty());
      assertEquals(asked.get() > questions, undone, () -> "after " + questions + " questions");
      assertTrue(played.alike >= alike, () -> "after " + questions + " questions less is known than before");
      alike = played.alike;
      interruptions++;
    } while (!difference.left().isEmpty());
    assertTrue(interruptions > 5 && alike > 10 && !difference.regions().isEmpty(),
        interruptions + " interruptions, " + alike + " alike, " + difference.regions().size() + " regions");
  }

  /** Two that differ only in what becomes of a FIN, of an ICMP error by any interface, or of a redirect, are told apart, by what was played on both. */
  @ParameterizedTest
  @CsvSource({"LATER,'-p tcp -m tcp --tcp-flags FIN FIN -m conntrack --ctstate ESTABLISHED'",
      "REFUSAL,'-p tcp -m tcp --tcp-flags RST RST -m conntrack --ctstate ESTABLISHED'",
      "ERROR,'-p icmp -m icmp --icmp-type fragmentation-needed -m conntrack --ctstate RELATED'",
      "STRAY_ERROR,'-p icmp -m icmp --icmp-type redirect -m conntrack --ctstate RELATED'",
      "STRAY_ERROR_ABOUT_ANSWER,'-i eth1 -o eth1 -p icmp -s 198.51.100.7 -m conntrack --ctstate RELATED'"})
  void whatComesBehindTheFirstPacketsTellsThemApart(Sequel sequel, String matches) throws Exception {
    ConnectionWorld world = new ConnectionWorld(Family.IPV4, directory);
    String filter = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\n";
    ConnectionDifference difference = HostDiff.of(world.host(filter + "COMMIT\n"),
        world.host(filter + "-A FORWARD " + matches + " -j DROP\nCOMMIT\n")).compare(Family.IPV4, Extent.ERRORS, n -> true);
    assertTrue(difference.regions().stream().allMatch(region -> region.sequel().isPresent()), "first packets are treated alike");
    List<Region> found = difference.regions().stream().filter(region -> region.sequel().equals(Optional.of(sequel))).toList();
    assertEquals(sequel.words() + " pass / " + sequel.words() + " end, DROP", found.get(0).fateA() + " / " + found.get(0).fateB());
    assertTrue(found.stream().allMatch(region -> region.played().isPresent()), "played on both");
  }
}
