package io.sluice.ruleset;

import java.util.List;

/** One rule ({@code -A CHAIN …}): all of {@code ip} and {@code matches} must hold for {@code target} to act. */
public record Rule(IpMatch ip, List<Match> matches, Target target, Counters counters, SourceLocation location) {
  public Rule {
    matches = List.copyOf(matches);
  }
}
