package io.sluice.analysis.witness;

import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.walk.LiveRule;
import java.util.Optional;

/**
 * A rule by where it stands.
 *
 * @param number the rule's number in its chain, from 1
 */
public record RulePlace(Family family, String table, String chain, int number) {

  /** Where a loaded rule stands. */
  public static RulePlace of(LiveRule rule) {
    return new RulePlace(rule.chain().table().family(), rule.chain().table().name(), rule.chain().name(), rule.number());
  }

  /** The rule there. */
  public Optional<Rule> find(Host host) {
    return host.rules(family).table(table).flatMap(t -> t.chain(chain)).map(Chain::rules)
        .filter(rules -> number >= 1 && number <= rules.size()).map(rules -> rules.get(number - 1));
  }

  @Override
  public String toString() {
    return (family == Family.IPV6 ? "IPv6 " : "") + table + " " + chain + " rule " + number;
  }
}
