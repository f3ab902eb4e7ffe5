package io.sluice.compile.chain;

import io.sluice.compile.ValueSet;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a packet must have in each dimension: the conjunction that a box is made of. Dimensions not in it are free. */
final class Confines {
  private final Map<Dimension, ValueSet> sets = new LinkedHashMap<>();
  private boolean possible = true;

  void add(Dimension dimension, ValueSet set) {
    ValueSet both = sets.merge(dimension, set, ValueSet::intersection);
    possible &= !both.isEmpty();
  }

  void addAll(Confines other) {
    other.sets.forEach(this::add);
    possible &= other.possible;
  }

  /** No packet satisfies it. */
  void setImpossible() {
    possible = false;
  }

  boolean isPossible() {
    return possible;
  }

  Map<Dimension, ValueSet> sets() {
    return sets;
  }

  /** Both this and {@code other}. */
  Confines and(Confines other) {
    if (other.sets.isEmpty() && other.possible) {
      return this;
    }
    Confines both = new Confines();
    both.addAll(this);
    both.addAll(other);
    return both;
  }
}
