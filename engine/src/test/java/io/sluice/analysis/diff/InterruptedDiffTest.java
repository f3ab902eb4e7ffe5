package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/** Wherever a comparison of base chains is interrupted: what it says holds, and what is left is said. */
class InterruptedDiffTest {
  private static final String TABLE = BroadRuleTest.rules("", new SplittableRandom(1));
  private static final Host A = SmallWorld.host(TABLE);
  private static final Host B =
      SmallWorld.host(BroadRuleTest.rules("-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT\n", new SplittableRandom(1)));
  private static final int TIMES = 24;

  /** Says no from its n-th question on, and counts how often it is asked. */
  private static final class Patience implements IntPredicate, BooleanSupplier {
    private final int most;
    int asked;

    Patience(int most) {
      this.most = most;
    }

    @Override
    public boolean test(int done) {
      return ++asked <= most;
    }

    @Override
    public boolean getAsBoolean() {
      return test(0);
    }
  }

  @Test
  void whatIsSaidHoldsAndWhatIsLeftIsSaid() {
    Patience all = new Patience(Integer.MAX_VALUE);
    HookDifference whole = forward(all);
    assertTrue(all.asked > 1_000 && whole.left().isEmpty());
    List<Point> points = points(whole);
    Set<Region.Left> undone = EnumSet.noneOf(Region.Left.class);
    int incomplete = 0;
    for (int i = 0; i < TIMES; i++) {
      // Half of the questions are asked before the packets are told apart, or while they are; the rest about who decides.
      Patience patience = new Patience(all.asked / TIMES * i);
      HookDifference part = forward(patience);
      assertTrue(patience.asked - patience.most < 50, patience.asked + " questions, of which " + patience.most + " were answered");
      assertFalse(part.isEquivalent());
      for (Point point : points) {
        List<Region> said = regions(part, point);
        List<Region> right = regions(whole, point);
        boolean left = part.left().stream().anyMatch(cube -> cube.contains(point));
        assertTrue(said.size() == right.size() || left && said.isEmpty(), () -> said + " for " + right);
        for (int k = 0; k < said.size(); k++) {
          assertEquals(right.get(k).fateA(), said.get(k).fateA());
          assertEquals(right.get(k).fateB(), said.get(k).fateB());
        }
      }
      incomplete += part.left().isEmpty() ? 0 : 1;
      for (Region region : part.regions()) {
        assertFalse(region.byA().isEmpty() || region.byB().isEmpty());
        undone.addAll(region.left());
      }
    }
    assertTrue(incomplete > 2, incomplete + " were not compared");
    assertEquals(EnumSet.of(Region.Left.DECIDERS), undone);
  }

  /** Of those that were compared before. */
  @Test
  void whoDecidesIsNotSearchedForWhenItIsInterrupted() {
    Patience all = new Patience(Integer.MAX_VALUE);
    HookDifference whole = forward(all);
    HookDifference part = forward(new Patience(all.asked - 10));
    assertEquals(List.of(), part.left());
    assertEquals(whole.regions().size(), part.regions().size());
    assertTrue(part.regions().stream().allMatch(region -> region.left().contains(Region.Left.DECIDERS)));
    assertTrue(whole.regions().stream().allMatch(region -> region.left().isEmpty()));
  }

  @Test
  void whatWasNotPlayedIsNotSaidToShowNothing() {
    HostDiff diff = HostDiff.of(A, B);
    List<HookDifference> compared = diff.compare(Family.IPV4, n -> true);
    Patience patience = new Patience(0);
    assertTrue(diff.shown(compared, patience).stream().flatMap(d -> d.regions().stream())
        .allMatch(region -> !region.shown() && region.left().equals(Set.of(Region.Left.PLAYING))));
    assertTrue(diff.shown(compared).stream().flatMap(d -> d.regions().stream()).allMatch(region -> region.left().isEmpty()));
  }

  /** Before anything is compared. */
  @Test
  void allIsLeftOfEveryChain() {
    List<HookDifference> left = HostDiff.of(A, B).compare(Family.IPV4, n -> false);
    assertEquals(List.of("INPUT", "FORWARD", "OUTPUT"), left.stream().map(HookDifference::chain).toList());
    assertTrue(left.stream().allMatch(difference -> difference.left().equals(List.of(difference.universe()))));
  }

  private static HookDifference forward(IntPredicate goOn) {
    return HostDiff.of(A, B).compare(Family.IPV4, goOn).stream().filter(d -> d.chain().equals("FORWARD")).findFirst().orElseThrow();
  }

  private static List<Region> regions(HookDifference difference, Point point) {
    return difference.regions().stream().filter(region -> region.packets().contains(point)).toList();
  }

  /** Some of each region, and others. */
  private static List<Point> points(HookDifference difference) {
    List<Cube> cubes = new ArrayList<>(List.of(difference.universe()));
    difference.regions().forEach(region -> cubes.addAll(region.packets().some(20)));
    difference.regions().forEach(region -> cubes.addAll(region.saying().cubes()));
    List<Point> points = new ArrayList<>();
    for (Cube cube : cubes) {
      for (int variant = 0; variant < 4; variant++) {
        points.add(difference.space().pick(cube, variant));
      }
    }
    return points;
  }
}
