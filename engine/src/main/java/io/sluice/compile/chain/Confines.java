package io.sluice.compile.chain;

import io.sluice.compile.ValueSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What a packet must have in each dimension: the conjunction that a box is made of. Dimensions not in it are free. */
final class Confines {
  private final Map<Dimension, ValueSet> sets = new LinkedHashMap<>();
  private boolean possible = true;
  private int fields;
  private boolean masked;

  void add(Dimension dimension, ValueSet set) {
    ValueSet both = sets.merge(dimension, set, ValueSet::intersection);
    possible &= !both.isEmpty();
    fields |= LoweredRule.bit(dimension.field());
    masked |= !dimension.isPlain();
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

  /** This without dimensions of {@code fields}, given as {@link io.sluice.ruleset.Field} bits: what is left to say once those may have changed. */
  Confines without(int changed) {
    if ((fields & changed) == 0) {
      return this;
    }
    Confines rest = new Confines();
    rest.possible = possible;
    sets.forEach((dimension, set) -> {
      if ((LoweredRule.bit(dimension.field()) & changed) == 0) {
        rest.add(dimension, set);
      }
    });
    return rest;
  }

  /** {@link io.sluice.ruleset.Field} bits of the dimensions that are not free. */
  int fields() {
    return fields;
  }

  /** Adds the dimensions that are not those of plain fields. */
  void addMasked(Set<Dimension> into) {
    if (masked) {
      sets.keySet().stream().filter(dimension -> !dimension.isPlain()).forEach(into::add);
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
