package io.sluice.compile.chain;

import io.sluice.compile.ValueSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

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

  /** This without dimensions of {@code fields}, given as bits: what is left to say once those may have changed. */
  Confines without(int fields) {
    if (sets.keySet().stream().noneMatch(d -> (LoweredRule.bit(d.field()) & fields) != 0)) {
      return this;
    }
    Confines rest = new Confines();
    rest.possible = possible;
    sets.forEach((dimension, set) -> {
      if ((LoweredRule.bit(dimension.field()) & fields) == 0) {
        rest.sets.put(dimension, set);
      }
    });
    return rest;
  }

  /** {@link io.sluice.ruleset.Field} bits of the dimensions that are not free. */
  int fields() {
    int fields = 0;
    for (Dimension dimension : sets.keySet()) {
      fields |= LoweredRule.bit(dimension.field());
    }
    return fields;
  }

  /** Adds the dimensions that are not those of plain fields. */
  void addMasked(Set<Dimension> into) {
    for (Dimension dimension : sets.keySet()) {
      if (!dimension.isPlain()) {
        into.add(dimension);
      }
    }
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || other instanceof Confines confines && possible == confines.possible && sets.equals(confines.sets);
  }

  @Override
  public int hashCode() {
    return sets.hashCode();
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
