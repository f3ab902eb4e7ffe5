package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.ruleset.Host;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Goes through all first packets of some cubes, from one that is picked to all that fare like it, until none is left. As long as
 * these are cubes, what is left is cubes; where long chains tell by diagrams how packets fare, both are.
 */
public final class ConnectionSweep {

  /** Is told of packets of one fate. */
  @FunctionalInterface
  public interface Found {
    /**
     * @param packets some of {@code probed}'s, all of which were not looked at before
     * @param example one of them
     */
    void add(Probed probed, Packets packets, Point example);
  }

  private final Space space;
  private final Diagrams diagrams;
  private final ConnectionProbe probe;
  private final Found found;
  private final Map<Probed.Among, Diagram<Boolean>> among = new HashMap<>();
  private final Deque<Packets> open = new ArrayDeque<>();
  private final List<Packets> left = new ArrayList<>();
  private int visits;

  private ConnectionSweep(Space space, Diagrams diagrams, ConnectionProbe probe, Found found) {
    this.space = space;
    this.diagrams = diagrams;
    this.probe = probe;
    this.found = found;
  }

  /**
   * @param firsts some of {@link ConnectionProbe#first}'s; may overlap
   * @param diagrams null to do without
   * @param goOn is told how many kinds of packets were looked at; false interrupts
   * @return what was not looked at because it was interrupted
   * @throws Diagrams.TooLarge when packets are of too many kinds for such diagrams
   */
  public static List<Packets> over(
      Space space, Host host, Diagrams diagrams, List<Cube> firsts, Found found, IntPredicate goOn) {
    int[] visits = {0};
    ChainSummaries summaries = diagrams == null ? null
        : new ChainSummaries(space, diagrams, firsts, () -> goOn.test(visits[0]));
    ConnectionSweep sweep = new ConnectionSweep(space, diagrams,
        new ConnectionProbe(space, host, ConnectionProbe.Extent.CONNECTION, summaries), found);
    for (int i = 0; i < firsts.size(); i++) {
      for (Cube cube : Cubes.minus(firsts.get(i), firsts.subList(0, i))) {
        sweep.go(cube, done -> goOn.test(visits[0] = done));
      }
    }
    return sweep.left;
  }

  private void go(Cube cube, IntPredicate goOn) {
    open.push(new Packets.Parts(List.of(cube)));
    while (!open.isEmpty()) {
      if (!left.isEmpty() || !goOn.test(visits)) {
        left.addAll(open);
        open.clear();
        return;
      }
      Packets packets = open.pop();
      try {
        if (packets instanceof Packets.Graph graph) {
          visit(graph.set(), graph.ordinary(space), graph.hull());
        } else {
          visit(packets.cubes().get(0));
        }
        visits++;
      } catch (ChainDiagram.Interrupted e) {
        left.add(packets);
      }
    }
  }

  private void visit(Cube cube) {
    Point point = space.pick(cube, 0);
    Probed probed = probe.at(point, cube);
    cube.minusBySize(probed.cube()).forEach(rest -> open.push(new Packets.Parts(List.of(rest))));
    if (probed.among().isEmpty()) {
      found.add(probed, new Packets.Parts(List.of(probed.cube())), point);
    } else {
      found(probed, diagrams.of(List.of(probed.cube()), true), point);
    }
  }

  /** What is left is taken apart, so that little is made anew at the next visit. */
  private void visit(Diagram<Boolean> packets, Point point, Cube hull) {
    Probed probed = probe.at(point, hull);
    hull.minusBySize(probed.cube()).forEach(rest -> push(diagrams.within(packets, diagrams.of(List.of(rest), true))));
    found(probed, diagrams.within(packets, diagrams.of(List.of(probed.cube()), true)), point);
  }

  /** @param packets some that are in the cube of what was found */
  private void found(Probed probed, Diagram<Boolean> packets, Point point) {
    Diagram<Boolean> alike = packets;
    for (Probed.Among one : probed.among()) {
      alike = diagrams.within(alike, among.computeIfAbsent(one, k -> diagrams.comingTo(k.fate(), k.chain().fates())));
    }
    found.add(probed, new Packets.Graph(alike), point);
    push(diagrams.without(packets, alike));
  }

  private void push(Diagram<Boolean> packets) {
    if (!packets.isNowhere()) {
      Packets.Graph graph = new Packets.Graph(packets);
      open.push(graph.count() == 1 ? new Packets.Parts(graph.cubes()) : graph);
    }
  }
}
