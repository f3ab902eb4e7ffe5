package io.sluice.analysis.symbolic;

import io.sluice.ruleset.SourceLocation;
import io.sluice.text.RuleSetWriter;
import java.util.Comparator;
import java.util.Optional;

/**
 * What decides on a packet in a table.
 *
 * @param table its name
 * @param chain the chain of the rule, or the base chain whose policy decides
 * @param rule empty for the policy
 */
public record Decision(String table, SymbolicChain chain, Optional<SymbolicRule> rule) {
  /** By table, chain and number, policies last. */
  public static final Comparator<Decision> IN_ORDER = Comparator.comparing(Decision::table).thenComparing(d -> d.chain().name())
      .thenComparing(d -> d.rule().map(SymbolicRule::index).orElse(Integer.MAX_VALUE));


  /** Where it stands: the rule's line or that of the chain. */
  public SourceLocation location() {
    return rule.map(r -> r.rule().location()).orElse(chain.chain().location());
  }

  /** The rule as iptables-save prints it, or {@code -P CHAIN VERDICT}. */
  public String text() {
    return rule.map(r -> "-A " + chain.name() + " " + RuleSetWriter.rule(r.rule()))
        .orElseGet(() -> "-P " + chain.name() + " " + chain.base().orElseThrow().policy());
  }

  /** {@code filter FORWARD rule 2} or {@code policy of filter FORWARD}. */
  public String place() {
    String name = table + " " + chain.name();
    return rule.map(r -> name + " rule " + (r.index() + 1)).orElse("policy of " + name);
  }

  @Override
  public String toString() {
    return place() + " (" + location() + "): " + text();
  }
}
