package io.sluice.analysis.lint;

import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Lists of {@code -m recent} that rules ask, and whether any rule fills them: both families share those of one name. */
final class Lists {
  private final Set<String> filled;

  private Lists(Set<String> filled) {
    this.filled = filled;
  }

  static Lists of(Host host) {
    Set<String> filled = new HashSet<>();
    for (Family family : Family.values()) {
      host.rules(family).rules().forEach(rule -> {
        for (Match match : rule.matches()) {
          match.fills().ifPresent(filled::add);
        }
      });
    }
    return new Lists(filled);
  }

  /** The list that the match needs and no rule fills. */
  Optional<String> unfilled(Match match) {
    return match.needs().filter(list -> !filled.contains(list));
  }

  /** What there is to say of a rule that packets get to. */
  Optional<Finding> examine(Rule rule, Subject subject) {
    for (Match match : rule.matches()) {
      Optional<String> list = unfilled(match);
      if (list.isPresent()) {
        return Optional.of(new Finding(Code.LIST_NEVER_FILLED, Severity.NOTE, subject, text(list.get()), List.of()));
      }
    }
    return Optional.empty();
  }

  static String text(String list) {
    return "no rule fills the list " + list + " of recent: only a program may (/proc/net/xt_recent/" + list + ")";
  }
}
