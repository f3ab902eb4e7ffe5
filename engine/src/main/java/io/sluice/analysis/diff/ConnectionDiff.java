package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ChainSummaries;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Sequel;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Grace;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * Compares the whole ways of connections on two hosts: their first packets with the answers, and, of those that fare alike, one
 * {@link Sequel} after the other.
 */
final class ConnectionDiff {
  private final Host a;
  private final Host b;
  private final Space space;
  private final ConnectionProbe.Extent extent;
  private final int longChains;
  private final Probes probes;
  private final Ways ways;

  /** Makes what follows a host's connections. */
  interface Probes {
    ConnectionProbe of(Space space, Host host, Optional<Sequel> sequel);
  }

  /** Tells of which connections first packets, or what follows, may be treated differently at all, on hosts of the same network. */
  interface Ways {
    /**
     * @param later where packets behind the first are
     * @param answered whether answers are followed
     */
    List<Cube> cubes(Space space, List<ChainPair> pairs, LaterChanges later, boolean answered, Optional<Sequel> sequel);
  }

  ConnectionDiff(Host a, Host b, Family family, ConnectionProbe.Extent extent) {
    this(a, b, family, extent, ChainSummaries.LONG);
  }

  /** @param longChains how many rules chains have of which it is known what they make of all packets at once */
  ConnectionDiff(Host a, Host b, Family family, ConnectionProbe.Extent extent, int longChains) {
    this(a, b, family, extent, longChains, probes(extent), ChangedWays::cubes);
  }

  /** What rules and routes mean is found out once for each host. */
  private static Probes probes(ConnectionProbe.Extent extent) {
    Map<Host, ConnectionProbe> known = new IdentityHashMap<>();
    return (space, host, sequel) -> {
      ConnectionProbe firsts = known.computeIfAbsent(host, k -> new ConnectionProbe(space, host, extent));
      return sequel.map(firsts::following).orElse(firsts);
    };
  }

  ConnectionDiff(
      Host a, Host b, Family family, ConnectionProbe.Extent extent, int longChains, Probes probes, Ways ways) {
    this.longChains = longChains;
    this.probes = probes;
    this.ways = ways;
    this.a = a;
    this.b = b;
    this.space = Space.of(List.of(a, b), family);
    this.extent = extent;
  }

  ConnectionDifference compare(IntPredicate goOn) {
    List<Cube> firsts = question();
    Cube said = ConnectionProbe.unsaid(space, Merging.hull(firsts));
    List<ChainPair> pairs;
    try {
      pairs = ChainPair.all(space, a, b, () -> goOn.test(0));
    } catch (Interrupted e) {
      List<Packets> all = List.of(new Packets.Parts(firsts.stream().map(cube -> said(cube, Merging.hull(firsts))).toList()));
      return new ConnectionDifference(space, extent, said, List.of(), all, List.of());
    }
    int[] visits = {0};
    Showing showing = new Showing(space, a, b, extent, () -> goOn.test(visits[0]));
    List<Region> regions = new ArrayList<>();
    List<Packets> left = new ArrayList<>();
    List<Packets> settled = new ArrayList<>();
    List<ConnectionComparison.Alike> alike = new ArrayList<>();
    LaterChanges later = new LaterChanges(space, () -> goOn.test(visits[0]));
    for (Optional<Sequel> sequel : sequels()) {
      List<Cube> all = sequel.map(s -> s.question(space, firsts)).orElse(firsts);
      if (all.isEmpty()) {
        continue; // no such packets: nothing comes in
      }
      Cube universe = Merging.hull(all);
      if (!goOn.test(visits[0])) {
        all.forEach(cube -> left.add(new Packets.Parts(List.of(said(cube, universe)))));
        continue;
      }
      List<Cube> asked = a.network().equals(b.network()) ? Cubes.and(all, ways.cubes(space, pairs, later, extent != ConnectionProbe.Extent.FIRST, sequel)) : all;
      int before = visits[0];
      ConnectionComparison.Result result = compare(sequel, asked,
          new RegionWords(all, asked, said, cube -> said(cube, universe)), settled,
          alike.stream().filter(one -> sequel.isPresent() && !sequel.get().mayFollow(one.fate())).toList(), done -> goOn.test(visits[0] = before + done));
      for (Region region : result.regions()) {
        Region found = region.of(sequel);
        regions.add(showing.show(found));
        if (sequel.isEmpty()) { // what follows these differs all the more
          settled.add(region.packets());
        }
      }
      alike.addAll(sequel.isEmpty() ? result.alike() : List.of());
      result.left().forEach(packets -> left.add(packets instanceof Packets.Parts parts
          ? new Packets.Parts(parts.cubes().stream().map(cube -> said(cube, universe)).toList()) : packets));
    }
    return new ConnectionDifference(space, extent, said, regions, left, List.of());
  }

  private ConnectionComparison.Result compare(
      Optional<Sequel> sequel, List<Cube> asked, RegionWords words, List<Packets> settled,
      List<ConnectionComparison.Alike> ended, IntPredicate goOn) {
    ConnectionProbe inA = probes.of(space, a, sequel);
    ConnectionProbe inB = probes.of(space, b, sequel);
    try {
      return new ConnectionComparison(space, inA, inB, longChains, ConnectionDiff::seen, settled, ended).compare(asked, words, goOn);
    } catch (Diagrams.TooLarge e) {
      Comparison.Result result = new Comparison(space, Merging.hull(words.question()), inA, inB,
          (one, other) -> seen(one).equals(seen(other)), Stream.concat(settled.stream(), ended.stream().map(
              ConnectionComparison.Alike::packets)).toList()).compare(asked, goOn);
      Grace grace = new Grace(() -> goOn.test(0));
      return new ConnectionComparison.Result(result.regions().stream().map(
          region -> grace.told(() -> region.with(words.say(region.packets().cubes(), grace.before(1)))).orElse(region)).toList(), List.of(),
          result.left().stream().<Packets>map(cube -> new Packets.Parts(List.of(cube))).toList());
    }
  }

  /** The first packets, and what may follow them. */
  private List<Optional<Sequel>> sequels() {
    List<Optional<Sequel>> all = new ArrayList<>(List.of(Optional.empty()));
    if (extent != ConnectionProbe.Extent.FIRST) {
      Stream.of(Sequel.values()).filter(sequel -> extent == ConnectionProbe.Extent.ERRORS || !sequel.isStray())
          .map(Optional::of).forEach(all::add);
    }
    return all;
  }

  /** Without what is true of all first packets, and of all that follow them. */
  private Cube said(Cube cube, Cube universe) {
    Cube unsaid = ConnectionProbe.unsaid(space, cube);
    for (int i = 0; i < cube.size(); i++) {
      boolean always = cube.set(i).equals(universe.values(cube.axis(i)));
      unsaid = always && space.isThen(cube.axis(i)) ? unsaid.without(cube.axis(i)) : unsaid;
    }
    return unsaid;
  }

  /** Where a first packet was to go that ended makes no difference. */
  private static Fate seen(Fate fate) {
    if (fate instanceof Fate.Choice choice) {
      Fate yes = seen(choice.yes());
      Fate no = seen(choice.no());
      return yes.equals(no) ? yes : new Fate.Choice(choice.question(), yes, no);
    }
    return fate instanceof Fate.End end && !ConnectionProbe.hasPassed(end)
        ? end.with(end.deeds(), List.of()) : fate;
  }

  /** First packets by every interface that is no bridge's port, and the hosts' own. */
  private List<Cube> question() {
    ValueSet interfaces = ConnectionProbe.interfaces(space);
    List<Cube> question = new ArrayList<>(interfaces.isEmpty() ? List.of() : ConnectionProbe.first(space, interfaces));
    question.addAll(ConnectionProbe.firstSent(space, a));
    if (!a.network().equals(b.network())) {
      question.addAll(ConnectionProbe.firstSent(space, b));
    }
    return question;
  }
}
