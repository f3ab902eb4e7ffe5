package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Cube;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Why packets do not get to a rule.
 *
 * @param by what ends their way, or leads it past the rule: all of it together, each where the others do not
 * @param cube packets that do not get there, for that reason or for one that comes even before
 */
public record Kill(Set<Decision> by, Cube cube) {
  public Kill {
    by = Collections.unmodifiableSet(new LinkedHashSet<>(by));
  }
}
