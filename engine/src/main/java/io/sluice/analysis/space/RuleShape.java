package io.sluice.analysis.space;

import io.sluice.ruleset.MatchMemory;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which packets a rule matches.
 *
 * @param must packets that match for certain, each in at least one of these cubes
 * @param may packets that may match: all others never do. Beside {@code must} it has what depends on time, chance or history
 * @param asked matches that time, chance or history answer, that make history or change the packet, in their order
 */
public record RuleShape(List<Cube> must, List<Cube> may, List<Asked> asked) {

  /**
   * A match that does not answer by the packet alone, whose memory changes when it is asked, or that changes the packet.
   *
   * @param words what it asks: equal where the question is
   * @param changes axes on which a packet may have another value behind this match
   * @param key stands for the fields of a packet by which what is remembered is told apart: where these may have been changed, it is
   *     not known. Empty where it is one for all packets, or none of these is ever changed
   * @param packets those that it is asked about, which match what stands before it in the rule; if it changes them, those that
   *     match it, too
   */
  public record Asked(String words, MatchMemory memory, Set<Axis> changes, Optional<Axis> key, List<Cube> packets) {
    public Asked {
      changes = Set.copyOf(changes);
      packets = List.copyOf(packets);
    }

    /** The same with these changes. */
    public Asked with(Set<Axis> otherChanges) {
      return new Asked(words, memory, otherChanges, key, packets);
    }
  }

  public RuleShape {
    boolean same = must == may;
    may = List.copyOf(may);
    must = same ? may : List.copyOf(must);
    asked = List.copyOf(asked);
  }

  /** Whether the rule matches a packet or not by the packet alone. */
  public boolean isCertain() {
    return must.equals(may);
  }

  /** What of it is in the cubes. */
  public RuleShape and(List<Cube> cubes) {
    List<Cube> both = Cubes.and(may, cubes);
    return new RuleShape(isCertain() ? both : Cubes.and(must, cubes), both, asked);
  }

  /** What of it is in none of the cubes. */
  public RuleShape minus(List<Cube> cubes) {
    List<Cube> rest = may.stream().flatMap(cube -> Cubes.minus(cube, cubes).stream()).toList();
    return new RuleShape(isCertain() ? rest : must.stream().flatMap(cube -> Cubes.minus(cube, cubes).stream()).toList(), rest, asked);
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
