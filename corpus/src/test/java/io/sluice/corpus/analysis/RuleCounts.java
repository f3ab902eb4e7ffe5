package io.sluice.corpus.analysis;

import io.sluice.analysis.witness.RulePlace;
import io.sluice.corpus.scenario.Finals;
import io.sluice.netfilter.Family;
import java.util.List;

/** What the kernel has counted for rules. */
final class RuleCounts {
  private RuleCounts() {}

  /** The rule's packet counter. */
  static long packets(Finals finals, RulePlace place) {
    List<String> lines = place.family() == Family.IPV4 ? finals.counters4() : finals.counters6();
    int number = 0;
    for (String line : lines.subList(lines.indexOf("*" + place.table()), lines.size())) {
      if ((line + " ").contains("] -A " + place.chain() + " ") && ++number == place.number()) {
        return Long.parseLong(line.substring(1, line.indexOf(':')));
      }
    }
    throw new AssertionError("no " + place + " in " + lines);
  }
}
