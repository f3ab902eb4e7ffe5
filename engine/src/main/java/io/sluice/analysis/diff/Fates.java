package io.sluice.analysis.diff;

import io.sluice.analysis.fate.Exits;
import io.sluice.analysis.fate.Fate;

/** What becomes of packets in A and in B. */
record Fates(Fate a, Fate b) {
  boolean isUndecided() {
    return a.isUndecided() || b.isUndecided();
  }

  /** By which packets go, in A and in B. */
  Exits exits() {
    return a.exits().and(b.exits());
  }

  /** The same of packets of which each goes by one of these interfaces. */
  Fates by(Exits exits) {
    return new Fates(a.by(exits), b.by(exits));
  }
}
