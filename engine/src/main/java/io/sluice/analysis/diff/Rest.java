package io.sluice.analysis.diff;

import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.symbolic.Decision;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a region leaves out of the cubes that are said of it.
 *
 * @param others whether some of it is in other regions of the same difference
 * @param unmet whether some of it was not compared, since it meets no rule that differs
 * @param left whether some of it was not compared because that was interrupted
 * @param alike the rest, that A and B treat alike, what there is most of first
 */
public record Rest(boolean others, boolean unmet, boolean left, List<Alike> alike) {
  public Rest {
    alike = List.copyOf(alike);
  }

  /**
   * Packets that A and B treat alike.
   *
   * @param fate what becomes of them in both
   * @param byA rules and policies that decide in A on some of them; empty of what follows connections that end before
   * @param byB rules and policies that decide in B on some of them; empty likewise
   */
  public record Alike(Fate fate, Set<Decision> byA, Set<Decision> byB) {
    public Alike {
      byA = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(byA));
      byB = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(byB));
    }
  }
}
