package io.sluice.analysis.lint;

import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Witness;
import java.util.Optional;

/**
 * Whether packets get to a rule and match it.
 *
 * @param reason for MAYBE: why nothing is proven; for NEVER: what is
 * @param witness for REACHABLE: what was played to show it
 */
public record RuleStatus(RulePlace place, Subject subject, State state, String reason, Optional<Witness> witness) {

  /** Whether it is MAYBE because it was interrupted. */
  public boolean isLeft() {
    return Unexamined.isReason(reason);
  }

  /** The same rule, which the witness shows to be reachable. */
  RuleStatus shown(Witness by) {
    return new RuleStatus(place, subject, State.REACHABLE, "", Optional.of(by));
  }

  /** The same rule; where it is MAYBE and was looked at, what is in the way comes first. */
  RuleStatus because(String inTheWay) {
    return state != State.MAYBE || isLeft() || inTheWay.isEmpty() ? this
        : new RuleStatus(place, subject, state, inTheWay + "; " + reason, witness);
  }

  /** What is known. */
  public enum State {
    /** A witness gets there, and both evaluators say so. */
    REACHABLE,
    /** Proven: no packet gets there and matches. */
    NEVER,
    /** The rules let a packet through to it, but no witness of a whole way was looked for or found; or nothing is known. */
    MAYBE
  }
}
