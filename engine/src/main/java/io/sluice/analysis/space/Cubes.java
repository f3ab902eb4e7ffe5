package io.sluice.analysis.space;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Unions of cubes, which may overlap. */
public final class Cubes {
  /** Every packet. */
  public static final List<Cube> ALL = List.of(Cube.all());

  private Cubes() {}

  /** What is in both unions, as the cubes that two of them have in common. */
  public static List<Cube> and(List<Cube> a, List<Cube> b) {
    if (a.size() == 1 && a.get(0).size() == 0) {
      return b;
    }
    if (b.size() == 1 && b.get(0).size() == 0) {
      return a;
    }
    if (a.size() == 1 && b.size() == 1) {
      Cube common = a.get(0).and(b.get(0));
      return common == null ? List.of() : List.of(common);
    }
    List<Cube> both = new ArrayList<>();
    for (Cube one : a) {
      for (Cube other : b) {
        Cube common = one.and(other);
        if (common != null) {
          both.add(common);
        }
      }
    }
    return both;
  }

  /** What is in one of the unions. */
  public static List<Cube> or(List<Cube> a, List<Cube> b) {
    List<Cube> either = new ArrayList<>(a);
    for (Cube cube : b) {
      if (!isIn(cube, either)) {
        either.add(cube);
      }
    }
    return either;
  }

  /** Whether one of the cubes has all of {@code cube}. */
  public static boolean isIn(Cube cube, List<Cube> cubes) {
    for (Cube one : cubes) {
      if (one.containsAll(cube)) {
        return true;
      }
    }
    return false;
  }

  /** The cubes with any value on these axes. */
  public static List<Cube> free(List<Cube> cubes, Set<Axis> axes) {
    List<Cube> freed = cubes;
    for (Axis axis : axes) {
      freed = freed.stream().map(cube -> cube.without(axis)).toList();
    }
    return freed;
  }

  /** What of {@code cube} is in none of {@code others}, as disjoint cubes. */
  public static List<Cube> minus(Cube cube, List<Cube> others) {
    List<Cube> rest = List.of(cube);
    for (Cube other : others) {
      List<Cube> next = new ArrayList<>();
      for (Cube piece : rest) {
        next.addAll(piece.minus(other));
      }
      rest = next;
    }
    return rest;
  }

  /** Whether the cubes cover {@code cube} together. */
  public static boolean cover(List<Cube> cubes, Cube cube) {
    return cover(cubes, 0, cube);
  }

  private static boolean cover(List<Cube> cubes, int from, Cube cube) {
    if (isIn(cube, cubes.subList(from, cubes.size()))) {
      return true;
    }
    for (int i = from; i < cubes.size(); i++) {
      if (cubes.get(i).intersects(cube)) {
        for (Cube piece : cube.minus(cubes.get(i))) {
          if (!cover(cubes, i + 1, piece)) {
            return false;
          }
        }
        return true;
      }
    }
    return false;
  }
}
