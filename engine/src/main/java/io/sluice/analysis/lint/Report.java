package io.sluice.analysis.lint;

import java.util.List;

/**
 * What lint found out.
 *
 * @param findings all of them, by family, table and place
 * @param rules each rule's status, in the order of the rule set; what was not looked at any more is MAYBE
 * @param chains whether packets enter each chain, in the order of the rule set
 * @param entries the status of each entry of each set, in their order
 * @param unsought what was not looked for, since there is too much to look at, in words; empty when everything was
 * @param untold which dumps are missing, in words: nothing is proven by what they might tell, and packets are played on a host as it
 *     is assumed in their place
 * @param complete false when it was interrupted: what is here is proven all the same
 */
public record Report(
    List<Finding> findings, List<RuleStatus> rules, List<ChainStatus> chains, List<EntryStatus> entries, List<String> unsought,
    List<String> untold, boolean complete) {
  public Report {
    findings = List.copyOf(findings);
    rules = List.copyOf(rules);
    chains = List.copyOf(chains);
    entries = List.copyOf(entries);
    unsought = List.copyOf(unsought);
    untold = List.copyOf(untold);
  }

  /** How many rules have this status. */
  public long count(RuleStatus.State state) {
    return rules.stream().filter(rule -> rule.state() == state).count();
  }

  /** How many chains have this status. */
  public long countChains(RuleStatus.State state) {
    return chains.stream().filter(chain -> chain.state() == state).count();
  }

  /** How many entries of sets have this status. */
  public long countEntries(RuleStatus.State state) {
    return entries.stream().filter(entry -> entry.state() == state).count();
  }

  /** The same without findings that are less bad than this. */
  public Report atLeast(Severity severity) {
    return new Report(findings.stream().filter(finding -> finding.severity().compareTo(severity) >= 0).toList(),
        rules, chains, entries, unsought, untold, complete);
  }

  /** Whether there is a finding as bad as this or worse. */
  public boolean has(Severity severity) {
    return findings.stream().anyMatch(finding -> finding.severity().compareTo(severity) >= 0);
  }
}
