package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.fate.Exits;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.analysis.space.Point;
import io.sluice.netfilter.Family;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wherever a comparison of connections is interrupted, also when all is compared but not told yet: little more is done. */
class InterruptedConnectionsTest {
  private static final int TIMES = 40;
  /** Half a second, counted in the cubes that are held against others, and some more. */
  private static final int MORE = 700;

  @TempDir
  Path directory;
  private ConnectionWorld world;
  private int asked;

  @BeforeEach
  void network() throws Exception {
    world = new ConnectionWorld(Family.IPV4, directory);
  }

  @Test
  void littleMoreIsDoneAndWhatIsSaidHolds() {
    ConnectionDifference whole = compared(Integer.MAX_VALUE);
    int all = asked;
    List<Point> points = world.firstPackets(whole.space());
    Set<Region.Left> undone = EnumSet.noneOf(Region.Left.class);
    for (int i = 0; i < TIMES; i++) {
      int most = all / TIMES * i;
      ConnectionDifference part = compared(most);
      assertTrue(asked - most < MORE, asked + " questions, of which " + most + " were answered");
      assertFalse(part.left().isEmpty() && part.regions().stream().allMatch(region -> region.left().isEmpty()));
      for (Point point : points) {
        List<String> right = fates(whole, point);
        List<String> said = fates(part, point);
        boolean left = part.left().stream().anyMatch(packets -> packets.contains(point));
        assertTrue(left ? right.containsAll(said) : said.equals(right), () -> said + " for " + right);
      }
      for (Region region : part.regions()) {
        assertFalse(region.byA().isEmpty() || region.byB().isEmpty());
        assertTrue(region.saying().cubes().stream().anyMatch(cube -> cube.contains(region.witness())));
        undone.addAll(region.left());
      }
    }
    assertTrue(undone.contains(Region.Left.PLAYING), undone::toString);
  }

  /** What was compared is told, and not searched for what shows it. */
  @Test
  void nothingIsPlayedWhenItIsInterrupted() {
    ConnectionDifference whole = compared(Integer.MAX_VALUE);
    ConnectionDifference part = compared(asked - 1);
    assertEquals(List.of(), part.left());
    assertEquals(whole.regions().size(), part.regions().size());
    assertEquals(1, part.regions().stream().filter(region -> region.left().equals(Set.of(Region.Left.PLAYING))).count());
  }

  private ConnectionDifference compared(int most) {
    asked = 0;
    return HostDiff.of(world.host(rules("")), world.host(rules("-A FORWARD -j ACCEPT\n")))
        .compare(Family.IPV4, Extent.CONNECTION, n -> ++asked <= most);
  }

  /** Many who may send to many, by chance or certainly: a broad rule before them opens what is left in many places. */
  private String rules(String first) {
    SplittableRandom random = new SplittableRandom(1);
    StringBuilder rules = new StringBuilder("*filter\n:FORWARD DROP [0:0]\n").append(first);
    List<String> ends = List.of("ACCEPT", "DROP", "REJECT --reject-with icmp-port-unreachable");
    for (int i = 0; i < 24; i++) {
      rules.append("-A FORWARD -p ").append(random.nextBoolean() ? "tcp" : "udp").append(" -s ").append(world.address(random.nextInt(5)))
          .append(" --dport ").append(random.nextInt(1, 9)).append(" -j ").append(ends.get(random.nextInt(3))).append('\n');
    }
    return rules.append("COMMIT\n").toString();
  }

  private static List<String> fates(ConnectionDifference difference, Point point) {
    List<String> fates = new ArrayList<>();
    for (Region region : difference.regions()) {
      if (region.sequel().isEmpty() && region.packets().contains(point)) {
        fates.add(region.fateA().by(Exits.NONE) + " / " + region.fateB().by(Exits.NONE)); // some of its packets were not looked at
      }
    }
    return fates;
  }
}
