package io.sluice.corpus.agree;

import io.sluice.match.Matches;
import io.sluice.target.Targets;
import java.util.Set;
import java.util.stream.Collectors;

/** Which extensions a generated rule set may use: those that Sluice knows. */
final class Vocabulary {
  private final Set<String> matches = Matches.all().stream().map(m -> m.name()).collect(Collectors.toSet());
  private final Set<String> targets = Targets.all().stream().map(t -> t.name()).collect(Collectors.toSet());

  boolean hasMatch(String name) {
    return matches.contains(name);
  }

  boolean hasTarget(String name) {
    return targets.contains(name);
  }
}
