package io.sluice.analysis.lint;

import io.sluice.analysis.witness.ChainPlace;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is said of rules and chains that were not looked at, or not to the end, because it was interrupted. */
final class Unexamined {
  static final String NOT_PROVEN = "interrupted before it was looked at";
  static final String NOT_SHOWN = "its table lets packets through to it; interrupted before a witness was looked for";

  private Unexamined() {}

  /** Whether it is said of something of which nothing is known for that reason. */
  static boolean isReason(String reason) {
    return reason.equals(NOT_PROVEN) || reason.equals(NOT_SHOWN);
  }

  /** All rules of a family, of whose tables nothing was made. */
  static List<RuleStatus> rules(Host host, Family family) {
    List<RuleStatus> rules = new ArrayList<>();
    for (Table table : host.rules(family).tables()) {
      for (Chain chain : table.chains()) {
        for (int number = 1; number <= chain.rules().size(); number++) {
          rules.add(new RuleStatus(new RulePlace(family, table.name(), chain.name(), number),
              Subject.rule(family, table.name(), chain.name(), number, chain.rules().get(number - 1)), RuleStatus.State.MAYBE,
              NOT_PROVEN, Optional.empty()));
        }
      }
    }
    return rules;
  }

  /** All chains of such a family. */
  static List<ChainStatus> chains(Host host, Family family) {
    List<ChainStatus> chains = new ArrayList<>();
    for (Table table : host.rules(family).tables()) {
      table.chains().forEach(chain -> chains.add(ChainStatus.without(new ChainPlace(family, table.name(), chain.name()),
          Subject.chain(family, table.name(), chain), RuleStatus.State.MAYBE, NOT_PROVEN)));
    }
    return chains;
  }
}
