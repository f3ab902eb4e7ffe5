package io.sluice.analysis.diff;

import io.sluice.analysis.fate.Fate;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What becomes of packets in A and in B. */
record Fates(Fate a, Fate b) {
  boolean isUndecided() {
    return a.isUndecided() || b.isUndecided();
  }

  Set<String> devices() {
    return Stream.of(a, b).flatMap(fate -> fate.devices().stream()).collect(Collectors.toSet());
  }

  /** The same of packets of which each goes by one of these interfaces. */
  Fates by(Set<String> devices) {
    return new Fates(a.by(devices), b.by(devices));
  }
}
