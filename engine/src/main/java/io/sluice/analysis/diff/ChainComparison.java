package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ChainDiagram;
import io.sluice.analysis.fate.ChainDiagram.Ending;
import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.fate.Deciding;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

  /**
   * Packets of a region, or such as it leaves out of the cubes that are said of it.
   *
   * @param alike what comes of those that it leaves out, in both
   */
  private record Kind(int region, Optional<Fates> alike) {}

  /**
   * What will be a region.
   *
   * @param hulls cubes that are said of it; empty where few say it all
   * @param rest what comes of other packets of those
   */
  private record Found(Fates fates, Packets.Graph packets, List<Cube> hulls, Set<Fates> rest) {}

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
   * @param goOn is told how many rules were looked at by now; false interrupts, and what was found so far holds: who decides there
   *     may not have been found
   */
  Optional<Comparison.Result> compare(List<Cube> cubes, Map<Asked, String> told, IntPredicate goOn) {
    int[] rules = {0};
    BooleanSupplier more = () -> goOn.test(rules[0]++);
    diagrams.ask(() -> goOn.test(rules[0]));
    try {
      Compared plain = compare(cubes, Map.of(), more);
      Compared all = told.isEmpty() ? plain : compare(cubes, told, more);
      diagrams.ask(() -> true); // what was found is told
      List<Region> regions = new ArrayList<>(regions(plain, all, diagrams.nowhere(), more));
      if (!told.isEmpty()) {
        Diagram<Boolean> known = diagrams.nowhere();
        for (Region region : regions) {
          known = diagrams.overlay(known, ((Packets.Graph) region.packets()).set());
        }
        regions.addAll(regions(all, all, known, more));
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
        } catch (Interrupted e) {
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
  private List<Region> regions(Compared some, Compared all, Diagram<Boolean> known, BooleanSupplier goOn) {
    Diagram<Fates> open = diagrams.without(some.fates(), known);
    List<Found> found = new ArrayList<>();
    Diagram<Set<Kind>> kinds = diagrams.nowhere();
    for (Fates fates : open.leaves()) {
      if (fates.differ()) {
        Packets.Graph packets = new Packets.Graph(diagrams.comingTo(fates, open));
        List<Cube> hulls = packets.count() <= mostCubes ? List.of() : hulls(packets.set(), some.cubes());
        Diagram<Fates> rest = diagrams.without(diagrams.within(all.fates(), diagrams.of(hulls, true)), packets.set());
        int region = found.size();
        found.add(new Found(fates, packets, hulls, rest.leaves()));
        kinds = joined(kinds, diagrams.mapped(packets.set(), yes -> Set.of(new Kind(region, Optional.empty()))));
        kinds = joined(kinds, diagrams.mapped(rest, same -> same.differ() ? null : Set.of(new Kind(region, Optional.of(same)))));
      }
    }
    return regions(found, some.a().deciding(kinds, goOn), some.b().deciding(kinds, goOn), !all.left().isEmpty());
  }

  private Diagram<Set<Kind>> joined(Diagram<Set<Kind>> some, Diagram<Set<Kind>> others) {
    return diagrams.joined(some, others,
        (one, other) -> Stream.concat(one.stream(), other.stream()).collect(Collectors.toUnmodifiableSet()));
  }

  /** @param left whether some packets were not compared */
  private List<Region> regions(List<Found> found, Deciding<Kind> inA, Deciding<Kind> inB, boolean left) {
    List<Region> regions = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      Found one = found.get(i);
      Kind kind = new Kind(i, Optional.empty());
      Point witness = one.packets().ordinary(space);
      boolean few = one.hulls().isEmpty();
      Region region = new Region(one.fates().a(), one.fates().b(), by(inA, kind, pair.tableA(), pair.chainA(), witness),
          by(inB, kind, pair.tableB(), pair.chainB(), witness), one.packets(),
          few ? Merging.say(one.packets().cubes(), universe) : new Merging.Saying(one.hulls(), List.of()),
          few ? Optional.empty() : Optional.of(rest(i, one, inA, inB, left)), witness);
      regions.add(inA.complete() && inB.complete() ? region : region.leaving(Region.Left.DECIDERS));
    }
    regions.sort(Comparator.comparingDouble((Region region) -> region.packets().share()).reversed());
    return regions;
  }

  /** Where not all that decide are known, at least what does so on the witness. */
  private Set<Decision> by(Deciding<Kind> all, Kind kind, SymbolicTable table, SymbolicChain chain, Point witness) {
    Set<Decision> by = new LinkedHashSet<>(all.on(kind));
    if (!all.complete()) {
      by.addAll(new ChainProbe(table, chain).needed(witness, universe).by());
    }
    return by;
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

  private static Rest rest(int region, Found found, Deciding<Kind> inA, Deciding<Kind> inB, boolean left) {
    List<Rest.Alike> alike = new ArrayList<>();
    for (Fates fates : found.rest()) {
      if (!fates.differ()) {
        Kind kind = new Kind(region, Optional.of(fates));
        alike.add(new Rest.Alike(fates.a(), inA.on(kind), inB.on(kind)));
      }
    }
    return new Rest(found.rest().stream().anyMatch(Fates::differ), false, left, alike);
  }
}
