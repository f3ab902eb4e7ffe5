package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import java.util.List;
import java.util.Set;

/**
 * Whether packets get to a rule and match it.
 *
 * @param answer what was found out
 * @param packet for REACHED: one that gets there, as far as rules of the table tell
 * @param within for REACHED: packets among which it was found; others of them need not get there
 * @param assumed for REACHED: rules that match or not by time, chance or history, taken the way that lets the packet live
 * @param proofs for NEVER: one for each way that leads to the rule
 * @param doubt for UNKNOWN: why
 */
public record Reach(
    Answer answer, Point packet, Cube within, Set<SymbolicRule> assumed, List<Proof> proofs, String doubt) {

  /** What there is to know. */
  public enum Answer {
    /** A packet gets there: {@link Reach#packet}. */
    REACHED,
    /** No packet does, whatever its fields, whatever time it is, whatever came before. */
    NEVER,
    /** Neither could be shown. */
    UNKNOWN
  }

  /**
   * Why no packet gets to a rule on one way.
   *
   * @param way jumps and gotos from the base chain on, at last the rule
   * @param could what the conditions on the way admit together; empty when they contradict each other
   * @param kills what ends the way of packets, or leads them past it; together their cubes cover {@code could}
   */
  public record Proof(List<SymbolicRule> way, List<Cube> could, List<Kill> kills) {
    public Proof {
      way = List.copyOf(way);
      could = List.copyOf(could);
      kills = List.copyOf(kills);
    }
  }

  static Reach reached(Point packet, Cube within, Set<SymbolicRule> assumed) {
    return new Reach(Answer.REACHED, packet, within, Set.copyOf(assumed), List.of(), "");
  }

  /** None gets there, for these reasons. */
  public static Reach never(List<Proof> proofs) {
    return new Reach(Answer.NEVER, null, null, Set.of(), List.copyOf(proofs), "");
  }

  static Reach unknown(String doubt) {
    return new Reach(Answer.UNKNOWN, null, null, Set.of(), List.of(), doubt);
  }
}
