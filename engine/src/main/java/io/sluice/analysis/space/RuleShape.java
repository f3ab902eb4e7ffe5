package io.sluice.analysis.space;

import java.util.List;

/**
 * Which packets a rule matches.
 *
 * @param must packets that match for certain, each in at least one of these cubes
 * @param may packets that may match: all others never do. Beside {@code must} it has what depends on time, chance or history
 * @param doubts why the two differ, in words for people; empty when they do not
 */
public record RuleShape(List<Cube> must, List<Cube> may, List<String> doubts) {
  public RuleShape {
    must = List.copyOf(must);
    may = List.copyOf(may);
    doubts = List.copyOf(doubts);
  }

  /** Whether the rule matches a packet or not by the packet alone. */
  public boolean isCertain() {
    return must.equals(may);
  }

  /** What of it is in the cubes. */
  public RuleShape and(List<Cube> cubes) {
    List<Cube> both = Cubes.and(may, cubes);
    return new RuleShape(isCertain() ? both : Cubes.and(must, cubes), both, doubts);
  }

  /** What of it is in none of the cubes. */
  public RuleShape minus(List<Cube> cubes) {
    List<Cube> rest = may.stream().flatMap(cube -> Cubes.minus(cube, cubes).stream()).toList();
    return new RuleShape(isCertain() ? rest : must.stream().flatMap(cube -> Cubes.minus(cube, cubes).stream()).toList(), rest, doubts);
  }

  /** Whether no packet matches. */
  public boolean isEmpty() {
    return may.isEmpty();
  }

  /** The cube of {@code must} that has the point, or null. */
  public Cube mustAt(Point point) {
    return at(must, point);
  }

  /** The cube of {@code may} that has the point, or null. */
  public Cube mayAt(Point point) {
    return at(may, point);
  }

  private static Cube at(List<Cube> cubes, Point point) {
    for (Cube cube : cubes) {
      if (cube.contains(point)) {
        return cube;
      }
    }
    return null;
  }
}
