package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.symbolic.Decision;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Packets of one fate.
 *
 * @param fate theirs
 * @param cube the packets
 * @param by what decides on them, in the order of their way; of rules with the same verdict all that may decide on some
 */
public record Probed(Fate fate, Cube cube, Set<Decision> by) {
  public Probed {
    by = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(by));
  }
}
