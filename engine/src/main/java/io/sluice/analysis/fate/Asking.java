package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.symbolic.SymbolicRule;
import java.util.List;
import java.util.Map;

/**
 * Where it makes a difference that a packet is asked: what rules ask of it changes it, or is to be told.
 *
 * @param told what is told as a deed, with its words; by identity
 */
record Asking(Map<Asked, String> told) {

  /** Whether it makes a difference that some packet was asked what the rule asks. */
  boolean tells(SymbolicRule rule) {
    return !rule.shape().asked().isEmpty() && rule.shape().asked().stream().anyMatch(this::tells);
  }

  /** Whether it makes a difference that the packet was asked so, whatever the answer. */
  boolean tells(Asked asked) {
    return !asked.changes().isEmpty() || told.containsKey(asked);
  }

  /** Packets that the rule may match, or be asked about what is told. */
  List<Cube> met(SymbolicRule rule) {
    List<Cube> met = rule.shape().may();
    for (Asked asked : rule.shape().asked()) {
      met = tells(asked) ? Cubes.or(met, asked.packets()) : met;
    }
    return met;
  }

  /** Whether the packet may be asked what is told. */
  boolean tells(SymbolicRule rule, Seen seen) {
    return !rule.shape().asked().isEmpty()
        && rule.shape().asked().stream().anyMatch(asked -> tells(asked) && seen.meets(asked.packets()).isPresent());
  }

  /** What is told, as a deed's words. */
  String words(Asked asked) {
    return told.get(asked);
  }
}
