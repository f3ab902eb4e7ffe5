package io.sluice.compile.chain;

import io.sluice.compile.ValueSet;
import java.util.Arrays;
import java.util.Set;

/**
 * What a packet must have in each dimension: the conjunction that a box is made of. Dimensions not in it are free. There is one
 * for every rule, with few dimensions: arrays take a fifth of what a map does.
 */
final class Confines {
  private static final Dimension[] NO_DIMENSIONS = {};
  private static final ValueSet[] NO_SETS = {};

  private Dimension[] dimensions = NO_DIMENSIONS;
  private ValueSet[] sets = NO_SETS;
  private boolean possible = true;
  private int fields;
  private boolean masked;

  void add(Dimension dimension, ValueSet set) {
    int at = indexOf(dimension);
    if (at < 0) {
      at = sets.length;
      dimensions = Arrays.copyOf(dimensions, at + 1);
      sets = Arrays.copyOf(sets, at + 1);
      dimensions[at] = dimension;
      sets[at] = set;
    } else {
      sets[at] = sets[at].intersection(set);
    }
    possible &= !sets[at].isEmpty();
    fields |= LoweredRule.bit(dimension.field());
    masked |= !dimension.isPlain();
  }

  private int indexOf(Dimension dimension) {
    int at = sets.length - 1;
    while (at >= 0 && !dimensions[at].equals(dimension)) {
      at--;
    }
    return at;
  }

  void addAll(Confines other) {
    for (int i = 0; i < other.count(); i++) {
      add(other.dimensions[i], other.sets[i]);
    }
    possible &= other.possible;
  }

  /** No packet satisfies it. */
  void setImpossible() {
    possible = false;
  }

  boolean isPossible() {
    return possible;
  }

  /** How many dimensions are not free. */
  int count() {
    return sets.length;
  }

  /** The {@code i}th dimension that is not free. */
  Dimension dimension(int i) {
    return dimensions[i];
  }

  /** What is allowed in the {@code i}th dimension that is not free. */
  ValueSet set(int i) {
    return sets[i];
  }

  /** This without dimensions of {@code fields}, given as {@link io.sluice.ruleset.Field} bits: what is left to say once those may have changed. */
  Confines without(int changed) {
    if ((fields & changed) == 0) {
      return this;
    }
    Confines rest = new Confines();
    rest.possible = possible;
    for (int i = 0; i < count(); i++) {
      if ((LoweredRule.bit(dimensions[i].field()) & changed) == 0) {
        rest.add(dimensions[i], sets[i]);
      }
    }
    return rest;
  }

  /** {@link io.sluice.ruleset.Field} bits of the dimensions that are not free. */
  int fields() {
    return fields;
  }

  /** Adds the dimensions that are not those of plain fields. */
  void addMasked(Set<Dimension> into) {
    if (masked) {
      Arrays.stream(dimensions).filter(dimension -> !dimension.isPlain()).forEach(into::add);
    }
  }

  /** Both this and {@code other}. */
  Confines and(Confines other) {
    if (other.isAny()) {
      return this;
    }
    if (isAny()) {
      return other;
    }
    Confines both = new Confines();
    both.addAll(this);
    both.addAll(other);
    return both;
  }

  private boolean isAny() {
    return count() == 0 && possible;
  }

  /** Bytes that it takes, about, with the values. */
  long bytes() {
    long bytes = 64 + 8L * count();
    for (ValueSet set : sets) {
      bytes += set.bytes();
    }
    return bytes;
  }
}
