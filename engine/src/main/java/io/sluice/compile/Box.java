package io.sluice.compile;

import java.util.Arrays;

/**
 * What one rule asks of a packet: for some fields a set of allowed values, nothing of the others.
 *
 * <p>A <em>final</em> box ends the search: rules after it have no effect on a packet it matches, so that they need not
 * be looked for. A rule of a base chain with a deciding target is final; one that jumps, or that sits in a user chain
 * that the packet may never reach, is not.
 */
public final class Box {

  private static final Box ANY = new Box(new int[0], new ValueSet[0], false);

  private final int[] fields;
  private final ValueSet[] allowed;
  private final boolean isFinal;

  private Box(int[] fields, ValueSet[] allowed, boolean isFinal) {
    this.fields = fields;
    this.allowed = allowed;
    this.isFinal = isFinal;
  }

  /** Matches every packet. */
  public static Box any() {
    return ANY;
  }

  /** This box with field number {@code field}, until now free, confined to {@code values}. */
  public Box with(int field, ValueSet values) {
    if (values(field) != null) throw new IllegalArgumentException("field is confined already: field=" + field);
    int[] newFields = Arrays.copyOf(fields, fields.length + 1);
    ValueSet[] newAllowed = Arrays.copyOf(allowed, fields.length + 1);
    newFields[fields.length] = field;
    newAllowed[fields.length] = values;
    return new Box(newFields, newAllowed, isFinal);
  }

  /** This box, final. */
  public Box asFinal() {
    return new Box(fields, allowed, true);
  }

  /** This box, not final. */
  Box asOpen() {
    return isFinal ? new Box(fields, allowed, false) : this;
  }

  public boolean isFinal() {
    return isFinal;
  }

  /** How many fields are confined. */
  int size() {
    return fields.length;
  }

  int field(int i) {
    return fields[i];
  }

  ValueSet allowed(int i) {
    return allowed[i];
  }

  /** The allowed values of {@code field}, or null if it is free. */
  ValueSet values(int field) {
    for (int i = 0; i < fields.length; i++) {
      if (fields[i] == field) return allowed[i];
    }
    return null;
  }

  /** Whether the box can match at all. */
  boolean isPossible() {
    for (ValueSet set : allowed) {
      if (set.isEmpty()) return false;
    }
    return true;
  }

  /** Bytes that it takes, about, without the values: those are its rule's. */
  long bytes() {
    return 56 + 8L * fields.length;
  }

  @Override
  public boolean equals(Object other) {
    return this == other || other instanceof Box box && isFinal == box.isFinal && Arrays.equals(fields, box.fields)
        && Arrays.equals(allowed, box.allowed);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(fields) + Arrays.hashCode(allowed);
  }
}
