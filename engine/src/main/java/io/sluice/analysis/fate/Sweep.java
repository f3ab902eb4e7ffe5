package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntPredicate;

/** Goes through all packets of some cubes, from one that is picked to all that are like it, until none is left. */
public final class Sweep {

  /** Looks at a packet and says which others of a cube are done with it. */
  @FunctionalInterface
  public interface Visitor {
    /** @return a part of {@code within} that has the point */
    Cube visit(Point point, Cube within);
  }

  private Sweep() {}

  /**
   * @param cubes may overlap; no packet is visited twice
   * @param universe packets that are not in it are left out
   * @param goOn is told how many visits there were; false interrupts
   * @return what was not visited because it was interrupted
   */
  public static List<Cube> over(List<Cube> cubes, Space space, Cube universe, Visitor visitor, IntPredicate goOn) {
    List<Cube> left = new ArrayList<>();
    int visits = 0;
    for (int i = 0; i < cubes.size(); i++) {
      Deque<Cube> open = new ArrayDeque<>();
      Cube start = cubes.get(i).and(universe);
      if (start != null) {
        open.push(start);
      }
      while (!open.isEmpty()) {
        if (!left.isEmpty() || !goOn.test(visits)) {
          left.addAll(open);
          break;
        }
        Cube cube = open.pop();
        Point point = space.pick(cube, 0);
        Cube done = before(cubes.subList(0, i), point);
        if (done == null) {
          done = visitor.visit(point, outside(cube, cubes.subList(0, i), point));
          visits++;
        }
        cube.minusBySize(done).forEach(open::push);
      }
    }
    return left;
  }

  private static Cube before(List<Cube> cubes, Point point) {
    return cubes.stream().filter(cube -> cube.contains(point)).findFirst().orElse(null);
  }

  /** The part of the cube, with the point in it, that was not visited before. */
  private static Cube outside(Cube cube, List<Cube> visited, Point point) {
    Cube rest = cube;
    for (Cube other : visited) {
      rest = rest.avoiding(other, point);
    }
    return rest;
  }
}
