package io.sluice.analysis.fuzz;

import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Witness;
import java.util.List;
import java.util.Optional;

/**
 * What holding the analysis to random traffic has shown. Immutable.
 *
 * @param seed the first rule set's seed; the next ones have the numbers after it
 * @param ruleSets how many were looked at
 * @param reachable rules that the analysis calls reachable
 * @param never rules that it calls dead
 * @param maybe rules of which it says neither
 * @param maybeHit how many of these random traffic matched
 * @param packets how much random traffic there was
 * @param complete false when it was stopped before the number of rule sets that was asked for
 */
public record AnalyserReport(
    long seed, long ruleSets, long reachable, long never, long maybe, long maybeHit, long packets, List<Failure> failures,
    boolean complete) {

  /**
   * A rule of which the analysis is wrong, or rules on which it breaks off.
   *
   * @param seed of the rule set
   * @param rules the fewest of its rules that show it
   * @param place the rule among these; empty when the analysis itself broke off
   * @param message what is wrong
   * @param witness packets that match a rule which is called dead, if they could be found again one by one
   */
  public record Failure(long seed, GeneratedRules rules, Optional<RulePlace> place, String message, Optional<Witness> witness) {}

  public AnalyserReport {
    failures = List.copyOf(failures);
  }
}
