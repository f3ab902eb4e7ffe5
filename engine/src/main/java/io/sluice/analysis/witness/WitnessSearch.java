package io.sluice.analysis.witness;

import java.util.List;
import java.util.Optional;

/**
 * What came of looking for a witness.
 *
 * @param witness confirmed by walker and compiled rules; empty when none was found, which proves nothing
 * @param attempts how many packets or conversations were tried
 * @param ends what became of the last packets of those, the most frequent first, as {@code 12 x REJECT by …}
 */
public record WitnessSearch(Optional<Witness> witness, int attempts, List<String> ends) {
  public WitnessSearch {
    ends = List.copyOf(ends);
  }
}
