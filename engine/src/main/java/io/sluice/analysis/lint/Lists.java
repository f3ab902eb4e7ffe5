package io.sluice.analysis.lint;

import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Lists of {@code -m recent} that rules ask, and whether any rule fills them: both families share those of one name. */
final class Lists {
  private final Set<String> filled;

  private Lists(Set<String> filled) {
    this.filled = filled;
  }

  static Lists of(Host host) {
    return new Lists(Stream.of(Family.values()).flatMap(family -> host.rules(family).rules()).flatMap(rule -> rule.matches().stream())
        .flatMap(match -> match.fills().stream()).collect(Collectors.toSet()));
  }

  /** The list that the match needs and no rule fills. */
  Optional<String> unfilled(Match match) {
    return match.needs().filter(list -> !filled.contains(list));
  }

  /** What there is to say of a rule that packets get to. */
  Optional<Finding> examine(Rule rule, Subject subject) {
    return rule.matches().stream().flatMap(match -> unfilled(match).stream()).findFirst()
        .map(list -> new Finding(Code.LIST_NEVER_FILLED, Severity.NOTE, subject, text(list), List.of()));
  }

  static String text(String list) {
    return "no rule fills the list " + list + " of recent: only a program may (/proc/net/xt_recent/" + list + ")";
  }
}
