package io.sluice.analysis.diff;

import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.fate.Exits;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Probe;
import io.sluice.analysis.fate.Probed;
import io.sluice.analysis.fate.Sweep;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Grace;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * Compares what two probes say of all packets of some cubes. Packets that each go by one interface, in both, are in one region
 * whichever it is.
 *
 * <pre>
 *   take a packet ─▶ probe A: fate, cube ─▶ probe B within that cube: fate, cube ─▶ different? note the cube
 *        ▲                                                                             │
 *        └────────────────────── subtract it, go on with what is left ◀────────────────┘
 * </pre>
 */
public final class Comparison {

  /**
   * @param regions where the two differ, the largest first
   * @param left packets that were not looked at because it was interrupted; empty otherwise
   */
  public record Result(List<Region> regions, List<Cube> left) {
    public Result {
      regions = List.copyOf(regions);
      left = List.copyOf(left);
    }

    /** This and that. */
    Result and(Result more) {
      return new Result(Stream.concat(regions.stream(), more.regions.stream()).toList(),
          Stream.concat(left.stream(), more.left.stream()).toList());
    }
  }

  /** What is known of packets with one pair of fates, whatever the one interface is by which they go. */
  private static final class Found {
    final Fates fates;
    final List<Cube> cubes = new ArrayList<>();
    Exits exits = Exits.NONE;
    final Set<Decision> byA = new LinkedHashSet<>();
    final Set<Decision> byB = new LinkedHashSet<>();
    Point witness;

    Found(Fates fates) {
      this.fates = fates;
    }
  }

  private final Space space;
  private final Cube universe;
  private final Probe a;
  private final Probe b;
  private final BiPredicate<Fate, Fate> alike;
  private final List<Packets> settled;
  private final Map<Fates, Found> found = new LinkedHashMap<>();

  /** @param universe all packets that there can be */
  public Comparison(Space space, Cube universe, Probe a, Probe b) {
    this(space, universe, a, b, Fate::equals, List.of());
  }

  /**
   * @param universe all packets that there can be
   * @param alike which fates, none of them undecided, count as the same
   * @param settled packets of which nothing is to be said
   */
  Comparison(
      Space space, Cube universe, Probe a, Probe b, BiPredicate<Fate, Fate> alike, List<Packets> settled) {
    this.settled = settled;
    this.space = space;
    this.universe = universe;
    this.a = a;
    this.b = b;
    this.alike = alike;
  }

  /**
   * Compares all packets of the cubes, which may overlap.
   *
   * @param goOn is told how many cubes were compared by now; false interrupts, and what was found so far holds
   */
  public Result compare(List<Cube> cubes, IntPredicate goOn) {
    found.clear();
    List<Cube> left = Sweep.over(cubes, space, universe, this::probe, goOn);
    return new Result(regions(new Grace(() -> goOn.test(0))), left);
  }

  private Cube probe(Point point, Cube cube) {
    Optional<Packets> known = settled.stream().filter(other -> other.contains(point)).findFirst();
    if (known.isPresent()) {
      return cube.and(known.get().around(point));
    }
    Probed inA = a.at(point, cube);
    Probed inB = b.at(point, inA.cube());
    Fates fates = new Fates(inA.fate(), inB.fate());
    if (fates.isUndecided() || !alike.test(inA.fate(), inB.fate())) {
      Exits exits = fates.exits();
      boolean one = exits.areOne();
      Found region = found.computeIfAbsent(one ? fates.by(Exits.NONE) : fates, k -> new Found(fates));
      region.exits = one ? region.exits.and(exits) : Exits.NONE;
      region.cubes.add(inB.cube());
      region.byA.addAll(inA.by());
      region.byB.addAll(inB.by());
      if (region.witness == null) {
        region.witness = point;
      }
    }
    return inB.cube();
  }

  private List<Region> regions(Grace grace) {
    List<Region> regions = new ArrayList<>();
    for (Found f : found.values()) {
      Fates fates = f.exits.equals(Exits.NONE) ? f.fates : f.fates.by(f.exits);
      Optional<Merging.Saying> said = grace.told(() -> Merging.say(f.cubes, universe, grace.before(1)));
      Region region = new Region(fates.a(), fates.b(), f.byA, f.byB, new Packets.Parts(f.cubes),
          said.orElseGet(() -> new Merging.Saying(List.of(Merging.hull(f.cubes)), List.of())), Optional.empty(), f.witness);
      regions.add(said.isPresent() ? region : region.leaving(Region.Left.WORDS));
    }
    regions.sort(Comparator.comparingDouble((Region region) -> region.packets().share()).reversed());
    return regions;
  }
}
