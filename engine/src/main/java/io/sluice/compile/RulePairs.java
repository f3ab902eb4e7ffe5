package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.IntArrayList;

/** Where a rule goes in the {@link PairIndex}, and what is left to be asked once it was found there. */
final class RulePairs {

  /** A rule of more pieces than this is put under the whole fields and checked each time it is met there. */
  static final int MAX_PAIRS = 128;
  private static final long[] NONE = {};
  private static final long[] ROOTS = {PairIndex.pair(0, 0)};

  private final FieldIndex[] indexes;
  private final int fieldA;
  private final int fieldB;

  RulePairs(FieldIndex[] indexes, int fieldA, int fieldB) {
    this.indexes = indexes;
    this.fieldA = fieldA;
    this.fieldB = fieldB;
  }

  /** Adds what is left of {@code box} to {@code code} and returns the pairs to put it under. */
  long[] add(Box box, RuleCode.Builder code) {
    long[] pairs = pairs(box);
    boolean implied = pairs != ROOTS || confines(box, fieldA) == null && confines(box, fieldB) == null;
    code.add(box, implied ? fieldA : -1, implied ? fieldB : -1);
    return pairs;
  }

  /** The pairs that {@code box} is under; none for a box that matches nothing. */
  long[] pairs(Box box) {
    if (!box.isPossible()) return NONE;
    int[] nodesOfA = nodes(box, fieldA);
    int[] nodesOfB = nodes(box, fieldB);
    if ((long) nodesOfA.length * nodesOfB.length > MAX_PAIRS) return ROOTS;
    long[] pairs = new long[nodesOfA.length * nodesOfB.length];
    int count = 0;
    for (int a : nodesOfA) {
      for (int b : nodesOfB) pairs[count++] = PairIndex.pair(a, b);
    }
    return pairs;
  }

  private ValueSet confines(Box box, int field) {
    return field < 0 ? null : confines(box, field, indexes[field]);
  }

  private static ValueSet confines(Box box, int field, FieldIndex index) {
    ValueSet values = box.values(field);
    return values == null || values.isFull(index.field.bits()) ? null : values;
  }

  private int[] nodes(Box box, int field) {
    return field < 0 ? new int[] {0} : nodes(box, field, indexes[field]);
  }

  /** The nodes of the blocks that a box's values of a field are cut into. */
  static int[] nodes(Box box, int field, FieldIndex index) {
    ValueSet values = confines(box, field, index);
    if (values == null) return new int[] {0};
    IntArrayList nodes = new IntArrayList(1);
    Prefixes.cut(values, index.field.bits(), (high, low, length) -> nodes.add(index.find(high, low, length)));
    return nodes.toIntArray();
  }
}
