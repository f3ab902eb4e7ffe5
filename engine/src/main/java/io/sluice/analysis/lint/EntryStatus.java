package io.sluice.analysis.lint;

import io.sluice.analysis.witness.EntryPlace;
import io.sluice.analysis.witness.Witness;
import java.util.Optional;

/**
 * Whether packets that some rule asks about are found as an entry of a set.
 *
 * @param set the set's name
 * @param reason for MAYBE: why nothing is proven; for NEVER: what is
 * @param place for REACHABLE: the rule that asks
 * @param witness for REACHABLE: what was played to show it
 */
public record EntryStatus(
    String set, Subject subject, RuleStatus.State state, String reason, Optional<EntryPlace> place, Optional<Witness> witness) {

  /** Whether it is MAYBE because it was interrupted. */
  public boolean isLeft() {
    return Unexamined.isReason(reason);
  }

  static EntryStatus without(String set, Subject subject, RuleStatus.State state, String reason) {
    return new EntryStatus(set, subject, state, reason, Optional.empty(), Optional.empty());
  }
}
