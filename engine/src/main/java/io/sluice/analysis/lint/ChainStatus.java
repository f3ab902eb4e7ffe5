package io.sluice.analysis.lint;

import io.sluice.analysis.witness.ChainPlace;
import io.sluice.analysis.witness.Witness;
import java.util.Optional;

/**
 * Whether packets enter a chain.
 *
 * @param reason for MAYBE: why nothing is proven; for NEVER: what is
 * @param witness for REACHABLE: what was played to show it
 */
public record ChainStatus(ChainPlace place, Subject subject, RuleStatus.State state, String reason, Optional<Witness> witness) {

  static ChainStatus reachable(ChainPlace place, Subject subject, Witness by) {
    return new ChainStatus(place, subject, RuleStatus.State.REACHABLE, "", Optional.of(by));
  }

  static ChainStatus without(ChainPlace place, Subject subject, RuleStatus.State state, String reason) {
    return new ChainStatus(place, subject, state, reason, Optional.empty());
  }
}
