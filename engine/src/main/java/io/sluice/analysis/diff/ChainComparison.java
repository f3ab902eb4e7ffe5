package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ChainDiagram;
import io.sluice.analysis.fate.ChainDiagram.Ending;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.space.Space;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;

/**
 * Compares a base chain of two hosts for all packets at once: their fates as diagrams, one put on the other.
 *
 * <p>A region that would be said with too many cubes is said as what it is a part of: of each cube that was compared the smallest
 * cube that has it, without the packets of other regions and those that fare alike.
 */
final class ChainComparison {
  private record Fates(Fate a, Fate b, boolean differ) {
    static Fates of(Ending a, Ending b) {
      return new Fates(a.told(), b.told(), a.fate().isUndecided() || b.fate().isUndecided() || !a.fate().equals(b.fate()));
    }
  }

  /**
   * @param fates of the packets of these cubes
   * @param left cubes that were not compared
   */
  private record Compared(ChainDiagram a, ChainDiagram b, Diagram<Fates> fates, List<Cube> cubes, List<Cube> left) {}

  private final Space space;
  private final Cube universe;
  private final ChainPair pair;
  /** Beyond so many cubes a region is said by what it leaves out. */
  private final int mostCubes;
  private final Diagrams diagrams;

  ChainComparison(Space space, Cube universe, ChainPair pair, int mostCubes) {
    this.space = space;
    this.universe = universe;
    this.pair = pair;
    this.mostCubes = mostCubes;
    this.diagrams = new Diagrams(space);
  }

  /**
   * Compares all packets of the cubes, which may overlap. Empty where they are changed in too many ways, or of too many kinds.
   *
   * @param told what rules are asked that makes a difference to other packets, by identity, and in which words: looked at where
   *     packets fare alike but for that
   * @param goOn is told how many rules were looked at by now; false interrupts, and what was found so far holds
   */
  Optional<Comparison.Result> compare(List<Cube> cubes, Map<Asked, String> told, IntPredicate goOn) {
    int[] rules = {0};
    BooleanSupplier more = () -> goOn.test(rules[0]++);
    try {
      Compared plain = compare(cubes, Map.of(), more);
      Compared all = told.isEmpty() ? plain : compare(cubes, told, more);
      List<Region> regions = new ArrayList<>(regions(plain, all, diagrams.nowhere()));
      if (!told.isEmpty()) {
        Diagram<Boolean> known = diagrams.nowhere();
        for (Region region : regions) {
          known = diagrams.overlay(known, ((Packets.Graph) region.packets()).set());
        }
        regions.addAll(regions(all, all, known));
      }
      return Optional.of(new Comparison.Result(regions, all.left()));
    } catch (ChainDiagram.Unfit | Diagrams.TooLarge e) {
      return Optional.empty();
    }
  }

  private Compared compare(List<Cube> cubes, Map<Asked, String> told, BooleanSupplier goOn) {
    ChainDiagram a = new ChainDiagram(diagrams, pair.tableA(), pair.chainA(), told, goOn);
    ChainDiagram b = new ChainDiagram(diagrams, pair.tableB(), pair.chainB(), told, goOn);
    List<Cube> compared = new ArrayList<>();
    List<Cube> left = new ArrayList<>();
    Diagram<Fates> fates = diagrams.nowhere();
    for (Cube one : cubes) {
      Cube cube = one.and(universe);
      if (cube != null) {
        try {
          fates = left.isEmpty() ? diagrams.overlay(fates, diagrams.both(a.of(cube), b.of(cube), Fates::of)) : fates;
          (left.isEmpty() ? compared : left).add(cube);
        } catch (ChainDiagram.Interrupted e) {
          left.add(cube);
        }
      }
    }
    return new Compared(a, b, fates, compared, left);
  }

  /**
   * @param all in which packets that are in no region are alike
   * @param known packets of regions that there are already
   */
  private List<Region> regions(Compared some, Compared all, Diagram<Boolean> known) {
    Diagram<Fates> open = diagrams.without(some.fates(), known);
    List<Region> regions = new ArrayList<>();
    for (Fates fates : open.leaves()) {
      if (fates.differ()) {
        Packets.Graph packets = new Packets.Graph(diagrams.comingTo(fates, open));
        boolean few = packets.count() <= mostCubes;
        List<Cube> hulls = few ? List.of() : hulls(packets.set(), some.cubes());
        regions.add(new Region(fates.a(), fates.b(), some.a().deciding(packets.set()), some.b().deciding(packets.set()), packets,
            few ? Merging.say(packets.cubes(), universe) : new Merging.Saying(hulls, List.of()),
            few ? Optional.empty() : Optional.of(rest(packets.set(), hulls, all)), packets.ordinary(space),
            Optional.empty(), false, Optional.empty()));
      }
    }
    regions.sort(Comparator.comparingDouble((Region region) -> region.packets().share()).reversed());
    return regions;
  }

  /** Of each cube that was compared the smallest one that has what of the packets is in it. */
  private List<Cube> hulls(Diagram<Boolean> packets, List<Cube> compared) {
    List<Cube> hulls = new ArrayList<>();
    Diagram<Boolean> open = packets;
    for (Cube cube : compared) {
      Diagram<Boolean> here = diagrams.within(open, diagrams.of(List.of(cube), true));
      if (!here.isNowhere()) {
        hulls.add(new Packets.Graph(here).hull());
        open = diagrams.without(open, here);
      }
    }
    return Merging.join(hulls);
  }

  private Rest rest(Diagram<Boolean> packets, List<Cube> hulls, Compared all) {
    Diagram<Fates> rest = diagrams.without(diagrams.within(all.fates(), diagrams.of(hulls, true)), packets);
    boolean others = false;
    List<Rest.Alike> alike = new ArrayList<>();
    for (Fates fates : rest.leaves()) {
      if (fates.differ()) {
        others = true;
      } else {
        Diagram<Boolean> same = diagrams.comingTo(fates, rest);
        alike.add(new Rest.Alike(fates.a(), all.a().deciding(same), all.b().deciding(same)));
      }
    }
    return new Rest(others, alike);
  }
}
