package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;

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

  PlayedConnections(ConnectionWorld world, String rulesA, String rulesB, Extent extent) {
    this.world = world;
    this.a = world.host(rulesA);
    this.b = world.host(rulesB);
    this.extent = extent;
    Space space = Space.of(List.of(a, b), world.family());
    this.inA = played(a, space);
    this.inB = played(b, space);
  }

  private List<String> played(Host host, Space space) {
    List<String> seen = new ArrayList<>();
    Simulator simulator = Simulator.builder(host).walker().build();
    for (Point point : world.firstPackets(space)) {
      simulator = simulator.restarted();
      seen.add(ConnectionWorld.seen(ConnectionPlay.play(simulator, space, point, extent).orElseThrow()));
    }
    return seen;
  }

  /** The first connection that is played otherwise than is said; empty if there is none. */
  String contradiction(ConnectionDifference difference) {
    different = 0;
    alike = 0;
    open = 0;
    Space space = difference.space();
    List<Point> points = world.firstPackets(space);
    for (int i = 0; i < points.size(); i++) {
      Point point = points.get(i);
      List<Region> mine = difference.regions().stream()
          .filter(region -> region.parts().stream().anyMatch(cube -> cube.contains(point))).toList();
      boolean differs = !inA.get(i).equals(inB.get(i));
      if (mine.size() > 1 || differs && mine.isEmpty() || !differs && mine.size() == 1 && !isOpen(mine.get(0))) {
        return PointText.text(space, point) + ": "
            + mine.stream().map(region -> region.fateA() + " / " + region.fateB()).toList() + "\nA " + inA.get(i) + "\nB " + inB.get(i);
      }
      different += differs ? 1 : 0;
      alike += mine.isEmpty() ? 1 : 0;
      open += !differs && !mine.isEmpty() ? 1 : 0;
    }
    return "";
  }

  /** A mark that a connection keeps is a difference, and not seen; nor is who drops a packet, a rule or the IP layer. */
  private static boolean isOpen(Region region) {
    return isOpen(region.fateA()) || isOpen(region.fateB());
  }

  private static boolean isOpen(Fate fate) {
    return !fate.isCertain() || fate.toString().contains("CONNMARK") || fate.toString().contains("one of several addresses")
        || fate.toString().startsWith("no way");
  }
}
