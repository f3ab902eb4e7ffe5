package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Goes through all packets of some cubes, as those that connections begin with, from one that is picked to all that fare like it, until none is left. As long as
 * these are cubes, what is left is cubes; where long chains tell by diagrams how packets fare, both are.
 */
public final class ConnectionSweep {

  /** What was found out about a packet. */
  public interface Visit {
    /** The packets that fare like it, where all of {@link #among} makes of them what is said there. */
    Cube cube();

    List<Probed.Among> among();

    /**
     * @param packets some of these, none of which was looked at before
     * @param example one of them
     */
    void found(Packets packets, Point example);
  }

  /** Looks at a packet. */
  @FunctionalInterface
  public interface Visitor {
    /** @return of a part of {@code within} */
    Visit at(Point point, Cube within);
  }

  private final Space space;
  private final Diagrams diagrams;
  private final Visitor visitor;
  private final Map<Probed.Among, Diagram<Boolean>> among = new HashMap<>();
  private final Deque<Packets> open = new ArrayDeque<>();
  private final List<Packets> left = new ArrayList<>();
  private int visits;

  private ConnectionSweep(Space space, Diagrams diagrams, Visitor visitor) {
    this.space = space;
    this.diagrams = diagrams;
    this.visitor = visitor;
  }

  /**
   * @param firsts some of {@link ConnectionProbe#first}'s; may overlap
   * @param diagrams null where no visit says anything of {@link Visit#among}
   * @param goOn is told how many kinds of packets were looked at; false interrupts
   * @return what was not looked at because it was interrupted
   * @throws Diagrams.TooLarge when packets are of too many kinds for such diagrams
   */
  public static List<Packets> over(Space space, Diagrams diagrams, List<Cube> firsts, Visitor visitor, IntPredicate goOn) {
    ConnectionSweep sweep = new ConnectionSweep(space, diagrams, visitor);
    for (int i = 0; i < firsts.size(); i++) {
      for (Cube cube : Cubes.minus(firsts.get(i), firsts.subList(0, i))) {
        sweep.go(new Packets.Parts(List.of(cube)), goOn);
      }
    }
    return sweep.left;
  }

  /**
   * The same of cubes of which very many may overlap.
   *
   * @param settled packets that are not looked at
   * @return what was not looked at because it was interrupted; settled packets, and others that were looked at, may be among these
   */
  public static List<Packets> over(Space space, Diagrams diagrams, List<Cube> cubes, Diagram<Boolean> settled, Visitor visitor,
      IntPredicate goOn) {
    ConnectionSweep sweep = new ConnectionSweep(space, diagrams, visitor);
    Diagram<Boolean> known = settled;
    for (Cube cube : cubes) {
      try {
        if (sweep.left.isEmpty()) {
          Diagram<Boolean> all = diagrams.of(List.of(cube), true);
          Diagram<Boolean> rest = diagrams.without(all, known);
          known = diagrams.overlay(all, known);
          if (!rest.isNowhere()) {
            sweep.go(packets(rest), goOn);
          }
          continue;
        }
      } catch (Interrupted e) {
        // so it is left
      }
      sweep.left.add(new Packets.Parts(List.of(cube)));
    }
    return sweep.left;
  }

  private void go(Packets all, IntPredicate goOn) {
    open.push(all);
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
      } catch (Interrupted e) {
        left.add(packets);
      }
    }
  }

  private void visit(Cube cube) {
    Point point = space.pick(cube, 0);
    Visit visit = visitor.at(point, cube);
    cube.minusBySize(visit.cube()).forEach(rest -> open.push(new Packets.Parts(List.of(rest))));
    if (visit.among().isEmpty()) {
      visit.found(new Packets.Parts(List.of(visit.cube())), point);
    } else {
      found(visit, diagrams.of(List.of(visit.cube()), true), point);
    }
  }

  /** What is left is taken apart, so that little is made anew at the next visit. */
  private void visit(Diagram<Boolean> packets, Point point, Cube hull) {
    Visit visit = visitor.at(point, hull);
    hull.minusBySize(visit.cube()).forEach(rest -> push(diagrams.within(packets, diagrams.of(List.of(rest), true))));
    found(visit, diagrams.within(packets, diagrams.of(List.of(visit.cube()), true)), point);
  }

  /** @param packets some that are in the cube of what was found */
  private void found(Visit visit, Diagram<Boolean> packets, Point point) {
    Diagram<Boolean> alike = packets;
    for (Probed.Among one : visit.among()) {
      alike = diagrams.within(alike, among.computeIfAbsent(one, k -> diagrams.comingTo(k.fate(), k.chain().fates())));
    }
    visit.found(new Packets.Graph(alike), point);
    push(diagrams.without(packets, alike));
  }

  private void push(Diagram<Boolean> packets) {
    if (!packets.isNowhere()) {
      open.push(packets(packets));
    }
  }

  private static Packets packets(Diagram<Boolean> set) {
    Packets.Graph graph = new Packets.Graph(set);
    return graph.count() == 1 ? new Packets.Parts(graph.cubes()) : graph;
  }
}
