package io.sluice.analysis.fate;

import io.sluice.analysis.symbolic.Decision;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which rules and policies decide on packets of some kinds.
 *
 * @param shares how many of a kind's packets one decides on, or may
 * @param complete false where it was interrupted: then others may decide, too
 */
public record Deciding<K>(Map<K, Map<Decision, Double>> shares, boolean complete) {

  /** What decides on some packets of the kind, or may: on most first. */
  public Set<Decision> on(K kind) {
    Set<Decision> by = new LinkedHashSet<>();
    shares.getOrDefault(kind, Map.of()).entrySet().stream().sorted(Map.Entry.<Decision, Double>comparingByValue().reversed())
        .forEach(one -> by.add(one.getKey()));
    return by;
  }
}
