package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Probe;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/** Compares the whole ways of connections on two hosts. */
final class ConnectionDiff {
  private final Host a;
  private final Host b;
  private final Space space;
  private final ConnectionProbe.Extent extent;
  private final Probes probes;
  private final Ways ways;

  /** Makes what follows a host's connections. */
  interface Probes {
    Probe of(Space space, Host host);
  }

  /** Tells which first packets may be treated differently at all, on hosts of the same network. */
  interface Ways {
    List<Cube> cubes(Space space, List<ChainPair> pairs);
  }

  ConnectionDiff(Host a, Host b, Family family, ConnectionProbe.Extent extent) {
    this(a, b, family, extent, (space, host) -> new ConnectionProbe(space, host, extent), ChangedWays::cubes);
  }

  ConnectionDiff(Host a, Host b, Family family, ConnectionProbe.Extent extent, Probes probes, Ways ways) {
    this.probes = probes;
    this.ways = ways;
    this.a = a;
    this.b = b;
    this.space = Space.of(List.of(a, b), family);
    this.extent = extent;
  }

  ConnectionDifference compare(IntPredicate goOn) {
    List<ChainPair> pairs = ChainPair.all(space, a, b);
    List<Cube> all = question();
    List<Cube> question = all;
    if (a.network().equals(b.network())) {
      question = Cubes.and(all, ways.cubes(space, pairs));
    }
    Cube universe = Merging.hull(all);
    Comparison.Result result = new Comparison(space, universe, probes.of(space, a), probes.of(space, b), ConnectionDiff::alike)
        .compare(question, goOn);
    Showing showing = new Showing(space, a, b, extent);
    Cube said = ConnectionProbe.unsaid(space, universe);
    List<Region> regions = result.regions().stream()
        .map(region -> region.with(Merging.say(unsaid(region.parts()), said), showing.find(region))).toList();
    return new ConnectionDifference(space, extent, said, regions, unsaid(result.left()));
  }

  private List<Cube> unsaid(List<Cube> cubes) {
    return cubes.stream().map(cube -> ConnectionProbe.unsaid(space, cube)).toList();
  }

  /** Where a first packet was to go that ended makes no difference. */
  private static boolean alike(Fate a, Fate b) {
    return seen(a).equals(seen(b));
  }

  private static Fate seen(Fate fate) {
    if (fate instanceof Fate.Choice choice) {
      Fate yes = seen(choice.yes());
      Fate no = seen(choice.no());
      return yes.equals(no) ? yes : new Fate.Choice(choice.question(), yes, no);
    }
    return fate instanceof Fate.End end && !ConnectionProbe.hasPassed(end)
        ? new Fate.End(end.verdict(), end.deeds(), List.of()) : fate;
  }

  /** First packets by every interface that is no bridge's port, and the hosts' own. */
  private List<Cube> question() {
    Set<Long> interfaces = new LinkedHashSet<>();
    for (Host host : List.of(a, b)) {
      for (NetDevice device : host.network().devices()) {
        if (!device.isLoopback() && host.network().bridgeOf(device).isEmpty()) {
          interfaces.add((long) space.interfaceValue(device));
        }
      }
    }
    List<Cube> question = new ArrayList<>();
    if (!interfaces.isEmpty()) {
      question.addAll(ConnectionProbe.first(space, ValueSet.union(interfaces.stream().map(ValueSet::of).toList())));
    }
    question.addAll(ConnectionProbe.firstSent(space, a));
    if (!a.network().equals(b.network())) {
      question.addAll(ConnectionProbe.firstSent(space, b));
    }
    return question;
  }
}
