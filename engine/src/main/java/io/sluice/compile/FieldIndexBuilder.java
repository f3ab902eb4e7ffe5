package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntArrays;
import it.unimi.dsi.fastutil.ints.IntList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Sorts the blocks that the value sets of a field are made of, and sweeps over them once. */
final class FieldIndexBuilder {
  /** What is left of a long beside the beginning of a block and its length. */
  private static final int NUMBER_BITS = 26;

  private final Field field;
  private final LongArrayList blockHigh = new LongArrayList();
  private final LongArrayList blockLow = new LongArrayList();
  private final IntArrayList blockLength = new IntArrayList();
  private final IntArrayList blockSet = new IntArrayList();

  private final LongArrayList nodeHigh = new LongArrayList();
  private final LongArrayList nodeLow = new LongArrayList();
  private final IntArrayList nodeLength = new IntArrayList();
  private final IntArrayList nodeParent = new IntArrayList();
  private final IntArrayList nodeOwn = new IntArrayList();
  private final LongArrayList boundHigh = new LongArrayList();
  private final LongArrayList boundLow = new LongArrayList();
  private final IntArrayList intervalNode = new IntArrayList();
  private int ownCount;

  private FieldIndexBuilder(Field field) {
    this.field = field;
  }

  /** The index of the distinct {@code sets}, none of which is the whole field. */
  static FieldIndex build(Field field, int word, Collection<ValueSet> sets) {
    FieldIndexBuilder builder = new FieldIndexBuilder(field);
    int number = 1;
    for (ValueSet set : sets) builder.add(set, number++);
    builder.sweep();
    return builder.finish(word);
  }

  private void add(ValueSet set, int number) {
    Prefixes.cut(set, field.bits(), (high, low, length) -> {
      blockHigh.add(high);
      blockLow.add(low);
      blockLength.add(length);
      blockSet.add(number);
    });
  }

  private void sweep() {
    int[] order = order();
    openNode(0, 0, 0, -1, 0);
    bound(0, 0, 0);
    Map<IntList, Integer> owns = new HashMap<>();
    int open = 0;
    for (int i = 0; i < order.length; ) {
      int block = order[i];
      long high = blockHigh.getLong(block);
      long low = blockLow.getLong(block);
      int length = blockLength.getInt(block);
      IntArrayList own = new IntArrayList(1);
      for (; i < order.length && isBlock(order[i], high, low, length); i++) own.add(blockSet.getInt(order[i]));
      while (!contains(open, high, low)) open = close(open);
      int number = owns.computeIfAbsent(own, key -> owns.size() + 1);
      openNode(high, low, length, open, number);
      open = nodeParent.size() - 1;
      bound(high, low, open);
    }
    while (open != 0) open = close(open);
    ownCount = owns.size() + 1;
  }

  /**
   * The blocks by where they begin, then the larger first, then by their sets. Those of fields of up to 32 bits are sorted as
   * numbers, since a comparator costs a cold start most of its time: the beginning with its upper bit flipped (the order is
   * that of signed numbers), the length, and the block's number, which ascends as that of its set does.
   */
  private int[] order() {
    int[] order = new int[blockLow.size()];
    for (int i = 0; i < order.length; i++) order[i] = i;
    if (field.bits() > Integer.SIZE || order.length > 1 << NUMBER_BITS) {
      IntArrays.quickSort(order, this::compare);
      return order;
    }
    long[] keys = new long[order.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = ((blockLow.getLong(i) ^ 1L << 31) << 6 | blockLength.getInt(i)) << NUMBER_BITS | i;
    }
    Arrays.sort(keys);
    for (int i = 0; i < order.length; i++) order[i] = (int) keys[i] & (1 << NUMBER_BITS) - 1;
    return order;
  }

  private int compare(int a, int b) {
    int order = U128.compare(blockHigh.getLong(a), blockLow.getLong(a), blockHigh.getLong(b), blockLow.getLong(b));
    if (order == 0) order = Integer.compare(blockLength.getInt(a), blockLength.getInt(b));
    return order != 0 ? order : Integer.compare(blockSet.getInt(a), blockSet.getInt(b));
  }

  private boolean isBlock(int block, long high, long low, int length) {
    return blockLow.getLong(block) == low && blockHigh.getLong(block) == high && blockLength.getInt(block) == length;
  }

  private void openNode(long high, long low, int length, int parent, int own) {
    nodeHigh.add(high);
    nodeLow.add(low);
    nodeLength.add(length);
    nodeParent.add(parent);
    nodeOwn.add(own);
  }

  private boolean contains(int node, long high, long low) {
    int free = field.bits() - nodeLength.getInt(node);
    return (high & ~U128.maskHigh(free)) == nodeHigh.getLong(node)
        && (low & ~U128.maskLow(free)) == nodeLow.getLong(node);
  }

  /** Ends a node's block: what follows belongs to the parent, unless the field ends there too. */
  private int close(int node) {
    int free = field.bits() - nodeLength.getInt(node);
    int parent = nodeParent.getInt(node);
    long lastHigh = nodeHigh.getLong(node) | U128.maskHigh(free);
    long lastLow = nodeLow.getLong(node) | U128.maskLow(free);
    boolean endsField = lastHigh == U128.maskHigh(field.bits()) && lastLow == U128.maskLow(field.bits());
    if (!endsField) bound(lastHigh + (lastLow == -1 ? 1 : 0), lastLow + 1, parent);
    return parent;
  }

  private void bound(long high, long low, int node) {
    int last = boundLow.size() - 1;
    if (last >= 0 && boundLow.getLong(last) == low && boundHigh.getLong(last) == high) {
      intervalNode.set(last, node);
    } else {
      boundHigh.add(high);
      boundLow.add(low);
      intervalNode.add(node);
    }
  }

  private FieldIndex finish(int word) {
    boolean wide = field.bits() > 32;
    byte[] lengths = new byte[nodeLength.size()];
    for (int i = 0; i < lengths.length; i++) lengths[i] = (byte) nodeLength.getInt(i);
    int[] parents = nodeParent.toIntArray();
    int[] owns = nodeOwn.toIntArray();
    int[] classes = new int[owns.length];
    int classCount = FieldIndex.assignClasses(parents, owns, classes);
    return new FieldIndex(field, word, wide ? boundHigh.toLongArray() : null, boundLow.toLongArray(),
        intervalNode.toIntArray(), wide ? nodeHigh.toLongArray() : null, nodeLow.toLongArray(), lengths,
        parents, owns, ownCount, classes, classCount);
  }
}
