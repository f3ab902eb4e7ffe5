package io.sluice.analysis.fuzz;

import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.analysis.lint.Subject;
import io.sluice.analysis.witness.Witness;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What holding the analysis to random traffic has shown. Immutable.
 *
 * @param seed the first rule set's seed; the next ones have the numbers after it
 * @param ruleSets how many were looked at
 * @param rules what the analysis says of their rules
 * @param chains what it says of their chains
 * @param entries what it says of the entries of their sets
 * @param missed the rules of which it says neither and random traffic matched
 * @param packets how much random traffic there was
 * @param complete false when it was stopped before the number of rule sets that was asked for
 */
public record AnalyserReport(
    long seed, long ruleSets, Counts rules, Counts chains, Counts entries, List<Missed> missed, long packets,
    List<Failure> failures, boolean complete) {

  /**
   * How many the analysis calls reachable, how many dead, and of how many it says neither.
   *
   * @param reachable with a witness
   */
  public record Counts(long reachable, long never, long maybe) {
    static final Counts NONE = new Counts(0, 0, 0);

    Counts and(Stream<State> states) {
      long[] more = new long[State.values().length];
      states.forEach(state -> more[state.ordinal()]++);
      return new Counts(reachable + more[State.REACHABLE.ordinal()], never + more[State.NEVER.ordinal()],
          maybe + more[State.MAYBE.ordinal()]);
    }
  }

  /**
   * A rule, chain or entry of a set of which the analysis is wrong, or rules on which it breaks off.
   *
   * @param seed of the rule set
   * @param rules the fewest of its rules that show it
   * @param subject the rule, chain or entry among these; empty when the analysis itself broke off
   * @param message what is wrong
   * @param witness packets that match a rule which is called dead, if they could be found again one by one
   */
  public record Failure(long seed, GeneratedRules rules, Optional<Subject> subject, String message, Optional<Witness> witness) {}

  /**
   * A rule that a packet matches, of which the analysis says neither that it does nor that none does.
   *
   * @param seed of the rule set
   * @param reason what the analysis says of it
   * @param witness packets of the random traffic, the last of which matches it; empty when it stopped before it had found them again
   */
  public record Missed(long seed, Subject rule, String reason, Optional<Witness> witness) {}

  public AnalyserReport {
    missed = List.copyOf(missed);
    failures = List.copyOf(failures);
  }
}
