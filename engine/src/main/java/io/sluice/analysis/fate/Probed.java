package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.symbolic.Decision;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Packets of one fate.
 *
 * @param fate theirs
 * @param cube the packets
 * @param among where chains are not gone through rule by rule: the packets are those of the cube alone of which these make this
 * @param by what decides on them, in the order of their way; of rules with the same verdict all that may decide on some, but of
 *     those of {@code among}
 */
public record Probed(Fate fate, Cube cube, List<Among> among, Set<Decision> by) {

  /** Those of which a chain makes this. */
  public record Among(ChainSummary chain, Fate fate) {}

  public Probed {
    among = List.copyOf(among);
    by = Collections.unmodifiableSet(new LinkedHashSet<>(by));
  }

  public Probed(Fate fate, Cube cube, Set<Decision> by) {
    this(fate, cube, List.of(), by);
  }
}
