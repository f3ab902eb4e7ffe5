package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Sequel;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All connections of a small router, played on two hosts: what any comparison of the two must say. */
final class PlayedConnections {
  private final ConnectionWorld world;
  final Host a;
  final Host b;
  final Extent extent;
  private final List<String> inA;
  private final List<String> inB;
  /** Of the connections of the last comparison: that end differently, that end alike, and of which it cannot be seen. */
  int different;
  int alike;
  int open;
  /** How many of those that end differently do so behind their first packets. */
  int later;

  /** A connection, and what follows its first packets. */
  private record Case(Point point, Optional<Sequel> sequel) {}

  PlayedConnections(ConnectionWorld world, String rulesA, String rulesB, Extent extent) {
    this.world = world;
    this.a = world.host(rulesA);
    this.b = world.host(rulesB);
    this.extent = extent;
    Space space = Space.of(List.of(a, b), world.family());
    this.inA = played(a, space);
    this.inB = played(b, space);
  }

  private List<Case> cases(Space space) {
    List<Case> cases = new ArrayList<>();
    for (Point point : world.firstPackets(space)) {
      cases.add(new Case(point, Optional.empty()));
      for (Sequel sequel : extent == Extent.FIRST ? new Sequel[0] : Sequel.values()) {
        if (sequel.isStray() && extent != Extent.ERRORS) {
          continue;
        }
        world.sequels(space, point, sequel).forEach(packet -> cases.add(new Case(packet, Optional.of(sequel))));
      }
    }
    return cases;
  }

  private List<String> played(Host host, Space space) {
    List<String> seen = new ArrayList<>();
    Simulator simulator = Simulator.builder(host).walker().build();
    for (Case one : cases(space)) {
      simulator = simulator.restarted();
      seen.add(ConnectionWorld.seen(ConnectionPlay.play(simulator, space, one.point(), extent, one.sequel()).orElseThrow()));
    }
    return seen;
  }

  /** The first connection that is played otherwise than is said; empty if there is none. */
  String contradiction(ConnectionDifference difference) {
    different = 0;
    alike = 0;
    open = 0;
    later = 0;
    Space space = difference.space();
    List<Case> cases = cases(space);
    for (int i = 0; i < cases.size(); i++) {
      Case one = cases.get(i);
      if (one.sequel().isPresent() && !regions(difference, one.point(), Optional.empty()).isEmpty()
          || difference.left().stream().anyMatch(cube -> cube.contains(one.point()))) {
        continue; // its first packets are treated differently, or it was not looked at
      }
      List<Region> mine = regions(difference, one.point(), one.sequel());
      boolean differs = !inA.get(i).equals(inB.get(i));
      if (mine.size() > 1 || differs && mine.isEmpty() || !differs && mine.size() == 1 && !isOpen(mine.get(0))) {
        return one.sequel().map(what -> what.words() + " of ").orElse("") + PointText.text(space, one.point()) + ": "
            + mine.stream().map(region -> region.fateA() + " / " + region.fateB()).toList() + "\nA " + inA.get(i) + "\nB " + inB.get(i);
      }
      for (Region region : mine) {
        String unforetold = unforetold(one, space, region);
        if (!unforetold.isEmpty()) {
          return unforetold;
        }
      }
      different += differs ? 1 : 0;
      later += differs && one.sequel().isPresent() ? 1 : 0;
      alike += mine.isEmpty() ? 1 : 0;
      open += !differs && !mine.isEmpty() ? 1 : 0;
    }
    return "";
  }

  /** Whether the region says of the connection, alone, what it says of all of its own: but for which of some interfaces it is. */
  private String unforetold(Case one, Space space, Region region) {
    for (Host host : List.of(a, b)) {
      Fate said = host == a ? region.fateA() : region.fateB();
      ConnectionProbe probe = one.sequel().map(sequel -> new ConnectionProbe(space, host, sequel))
          .orElseGet(() -> new ConnectionProbe(space, host, extent));
      Fate fate = probe.at(one.point(), Cube.all()).fate();
      if (!fate.equals(said) && !(fate.by(said.exits()).equals(said) && said.exits().and(fate.exits()).equals(said.exits()))) {
        return PointText.text(space, one.point()) + ": " + fate + ", and the region says " + said;
      }
    }
    return "";
  }

  private static List<Region> regions(ConnectionDifference difference, Point point, Optional<Sequel> sequel) {
    return difference.regions().stream().filter(region -> region.sequel().equals(sequel))
        .filter(region -> region.packets().contains(point)).toList();
  }

  /** A mark that a connection keeps is a difference, and not seen; nor is who drops a packet, a rule or the IP layer. */
  private static boolean isOpen(Region region) {
    return isOpen(region.fateA()) || isOpen(region.fateB());
  }

  private static boolean isOpen(Fate fate) {
    return !fate.isCertain() || fate.toString().contains("CONNMARK") || fate.toString().contains("one of several addresses")
        || fate.toString().startsWith("no way") || fate.toString().contains(" end, no way");
  }
}
