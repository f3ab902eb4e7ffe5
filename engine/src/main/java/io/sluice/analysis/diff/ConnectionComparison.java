package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ChainSummaries;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.ConnectionSweep;
import io.sluice.analysis.fate.Deciders;
import io.sluice.analysis.fate.Exits;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Gathered;
import io.sluice.analysis.fate.Probed;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Grace;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Compares what becomes of connections on two hosts. What long chains make of packets is known of all of them at once, in both hosts;
 * packets that fare alike in A, and alike in B, are looked at once.
 *
 * <p>Packets that each go by one interface, in both, are in one region whichever it is.
 */
final class ConnectionComparison {
  /** Milliseconds between two of the questions that diagrams ask, and that merging cubes does. */
  private static final int DIAGRAMS_TAKE = 100;
  private static final int MERGING_TAKES = 1;

  /**
   * @param regions where the two differ, the largest first
   * @param alike what fares alike
   * @param left packets that were not looked at because it was interrupted; empty otherwise
   */
  record Result(List<Region> regions, List<Alike> alike, List<Packets> left) {}

  /** Packets that fare alike, on both hosts. */
  record Alike(Fate fate, Packets packets) {}

  /** What is known of packets with one pair of fates, whatever the one interface is by which they go. */
  private static final class Found {
    final Fates fates;
    Exits exits = Exits.NONE;
    final Gathered packets = new Gathered();
    final Deciders byA = new Deciders();
    final Deciders byB = new Deciders();
    Point witness;
    /** All of them or, where it was not to go on, some; null before. */
    Packets all;

    Found(Fates fates) {
      this.fates = fates;
    }

    Packets all(Diagrams diagrams) {
      all = all == null ? packets.all(diagrams) : all;
      return all;
    }

    /** The same; where it is not to go on, some are enough, and the rest is left. */
    Packets all(Diagrams diagrams, Grace grace, List<Packets> left) {
      all = all == null ? grace.told(() -> packets.all(diagrams)).orElseGet(() -> packets.some(left)) : all;
      return all;
    }

    Fates told() {
      return exits.equals(Exits.NONE) ? fates : fates.by(exits);
    }
  }

  private final Space space;
  private final Diagrams diagrams;
  private final ConnectionProbe a;
  private final ConnectionProbe b;
  private final int longChains;
  private final UnaryOperator<Fate> seen;
  private final List<Packets> others;
  private final List<Alike> endedBefore;
  private Diagram<Boolean> settled;
  /** Packets that fare alike, of which no more is to be said. */
  private final Map<Fate, Diagram<Boolean>> ended = new LinkedHashMap<>();
  private final Map<Fates, Found> different = new LinkedHashMap<>();
  private final Map<Fates, Found> alike = new LinkedHashMap<>();

  /**
   * @param longChains how many rules chains have of which it is known what they make of all packets at once
   * @param seen what of a fate is compared
   * @param settled packets of which nothing is to be said
   * @param ended others of which it is known how they fare, on both hosts
   */
  ConnectionComparison(Space space, ConnectionProbe a, ConnectionProbe b, int longChains, UnaryOperator<Fate> seen,
      List<Packets> settled, List<Alike> ended) {
    this.space = space;
    this.diagrams = new Diagrams(space);
    this.a = a;
    this.b = b;
    this.longChains = longChains;
    this.seen = seen;
    this.others = settled;
    this.endedBefore = ended;
  }

  /** The packets, which may be of other diagrams, in these. */
  private Diagram<Boolean> own(Packets packets) {
    return packets instanceof Packets.Graph graph ? diagrams.mapped(graph.set(), is -> is) : diagrams.of(packets);
  }

  /**
   * Compares all packets of the cubes, which may overlap.
   *
   * @param words how regions of these are said
   * @param goOn is told how many kinds of packets were compared by now; false interrupts, and what was found so far holds
   * @throws Diagrams.TooLarge when packets are of too many kinds
   */
  Result compare(List<Cube> cubes, RegionWords words, IntPredicate goOn) {
    int[] visits = {0};
    BooleanSupplier more = () -> goOn.test(visits[0]);
    diagrams.ask(more);
    Diagram<Boolean> known;
    try {
      known = known();
    } catch (Interrupted e) {
      return new Result(List.of(), List.of(), cubes.stream().<Packets>map(cube -> new Packets.Parts(List.of(cube))).toList());
    }
    ConnectionProbe inA = a.summing(new ChainSummaries(space, diagrams, cubes, longChains, more));
    ConnectionProbe inB = b.summing(new ChainSummaries(space, diagrams, cubes, longChains, more));
    List<Packets> left = new ArrayList<>(ConnectionSweep.over(space, diagrams, cubes, known, (point, within) -> {
      Probed probed = inA.at(point, within);
      return new Visit(probed, inB.at(point, probed.cube()));
    }, done -> goOn.test(visits[0] = done)));
    Grace grace = new Grace(more);
    diagrams.ask(grace.before(DIAGRAMS_TAKE));
    return new Result(regions(words, grace, left), alike(grace), left);
  }

  /** What is not looked at. */
  private Diagram<Boolean> known() {
    settled = diagrams.union(others.stream().map(this::own).toList());
    endedBefore.forEach(alike -> ended.merge(alike.fate(), own(alike.packets()), diagrams::overlay));
    return diagrams.overlay(diagrams.union(List.copyOf(ended.values())), settled);
  }

  /** What fares alike; nothing where it is not to go on, since then nothing is asked of what follows. */
  private List<Alike> alike(Grace grace) {
    return grace.told(() -> alike.values().stream().map(found -> new Alike(found.told().a(), found.all(diagrams))).toList())
        .orElse(List.of());
  }

  private final class Visit implements ConnectionSweep.Visit {
    private final Probed inA;
    private final Probed inB;

    Visit(Probed inA, Probed inB) {
      this.inA = inA;
      this.inB = inB;
    }

    @Override
    public Cube cube() {
      return inB.cube();
    }

    @Override
    public List<Probed.Among> among() {
      return Stream.concat(inA.among().stream(), inB.among().stream()).toList();
    }

    @Override
    public void found(Packets packets, Point example) {
      Fates fates = new Fates(inA.fate(), inB.fate());
      Fate same = seen.apply(inA.fate());
      boolean differ = fates.isUndecided() || !same.equals(seen.apply(inB.fate()));
      Fates kept = differ ? fates : new Fates(same, same);
      Exits exits = kept.exits();
      boolean one = exits.areOne();
      Found all = (differ ? different : alike).computeIfAbsent(one ? kept.by(Exits.NONE) : kept, k -> new Found(kept));
      all.exits = one ? all.exits.and(exits) : Exits.NONE;
      all.packets.add(packets);
      all.byA.add(inA, packets);
      all.byB.add(inB, packets);
      all.witness = all.witness == null ? example : all.witness;
    }
  }

  private List<Region> regions(RegionWords words, Grace grace, List<Packets> left) {
    different.values().forEach(found -> found.all(diagrams, grace, left));
    List<Region> regions = new ArrayList<>();
    different.values().forEach(found -> regions.add(region(found, words, grace, left)));
    regions.sort(Comparator.comparingDouble((Region region) -> region.packets().share()).reversed());
    return regions;
  }

  private Region region(Found found, RegionWords words, Grace grace, List<Packets> left) {
    Optional<RegionWords.Said> said = grace.told(() -> said(found.all, words, grace, left));
    Optional<Set<Decision>> byA = grace.told(() -> found.byA.of(diagrams));
    Optional<Set<Decision>> byB = grace.told(() -> found.byB.of(diagrams));
    RegionWords.Said told = said.orElseGet(() -> words.wide(found.all));
    Fates fates = found.told();
    Region region = new Region(fates.a(), fates.b(), byA.orElseGet(found.byA::known), byB.orElseGet(found.byB::known), found.all,
        told.saying(), told.rest(), found.witness);
    region = said.isPresent() ? region : region.leaving(Region.Left.WORDS);
    return byA.isPresent() && byB.isPresent() ? region : region.leaving(Region.Left.DECIDERS);
  }

  private RegionWords.Said said(Packets packets, RegionWords words, Grace grace, List<Packets> left) {
    return words.few(packets, grace.before(MERGING_TAKES)).orElseGet(() -> {
      List<Cube> hulls = words.hulls(diagrams, diagrams.of(packets));
      return words.said(hulls, rest(packets, hulls, words, left));
    });
  }

  /** What is in the cubes besides the packets; empty where nothing is. */
  private Optional<Rest> rest(Packets packets, List<Cube> hulls, RegionWords words, List<Packets> left) {
    Diagram<Boolean> rest = diagrams.within(
        diagrams.without(diagrams.of(hulls, true), diagrams.of(packets)), diagrams.of(words.question(), true));
    if (rest.isNowhere()) {
      return Optional.empty();
    }
    Diagram<Boolean> unknown = diagrams.union(left.stream().map(diagrams::of).toList());
    boolean others = meets(rest, settled)
        || different.values().stream().anyMatch(found -> meets(rest, diagrams.of(found.all)));
    Map<Rest.Alike, Double> same = new LinkedHashMap<>();
    ended.forEach((fate, all) -> {
      Diagram<Boolean> here = diagrams.within(rest, all);
      if (!here.isNowhere()) {
        same.put(new Rest.Alike(fate, Set.of(), Set.of()), new Packets.Graph(here).share());
      }
    });
    for (Found found : alike.values()) {
      Diagram<Boolean> here = diagrams.within(rest, diagrams.of(found.all(diagrams)));
      if (!here.isNowhere()) {
        same.put(new Rest.Alike(found.told().a(), found.byA.of(diagrams, here), found.byB.of(diagrams, here)),
            new Packets.Graph(here).share());
      }
    }
    return Optional.of(new Rest(others, !diagrams.without(rest, diagrams.of(words.asked(), true)).isNowhere(), meets(rest, unknown),
        same.entrySet().stream().sorted(Map.Entry.<Rest.Alike, Double>comparingByValue().reversed()).map(Map.Entry::getKey).toList()));
  }

  private boolean meets(Diagram<Boolean> some, Diagram<Boolean> others) {
    return !diagrams.within(some, others).isNowhere();
  }
}
