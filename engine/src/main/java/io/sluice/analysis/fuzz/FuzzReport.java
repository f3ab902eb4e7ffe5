package io.sluice.analysis.fuzz;

import io.sluice.analysis.witness.ChainPlace;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.pipeline.Fate;
import java.util.List;
import java.util.Map;

/**
 * What random traffic has shown. Immutable.
 *
 * @param seed draws the same again
 * @param packets how many were sent, the host's own answers not counted
 * @param checked how many of them walker and compiled rules were compared on
 * @param seconds how long it took
 * @param fates what became of the packets
 * @param rules all rules, in the order of the rule set
 * @param chains all chains, in the order of the rule set
 * @param disagreements packets on which walker and compiled rules differ
 * @param complete false when it was stopped before the number of packets that was asked for
 */
public record FuzzReport(
    long seed, long packets, long checked, double seconds, Map<Fate, Long> fates, List<RuleCoverage> rules,
    List<ChainCoverage> chains, List<Disagreement> disagreements, boolean complete) {

  /**
   * A rule.
   *
   * @param hits how many packets it matched
   */
  public record RuleCoverage(RulePlace place, long hits) {}

  /** A chain, and whether some packet entered it. */
  public record ChainCoverage(ChainPlace place, boolean entered) {}

  public FuzzReport {
    fates = Map.copyOf(fates);
    rules = List.copyOf(rules);
    chains = List.copyOf(chains);
    disagreements = List.copyOf(disagreements);
  }

  /** The rules that matched no packet. */
  public List<RulePlace> unhit() {
    return rules.stream().filter(rule -> rule.hits() == 0).map(RuleCoverage::place).toList();
  }

  public long hitCount() {
    return rules.size() - unhit().size();
  }

  public long enteredCount() {
    return chains.stream().filter(ChainCoverage::entered).count();
  }
}
