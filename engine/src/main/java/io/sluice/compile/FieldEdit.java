package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.HashMap;
import java.util.Map;

/**
 * Puts one more value set into a {@link FieldIndex}: new nodes go to the end, children that they now surround get a new
 * parent, and at most two bounds a block are cut. The work is some passes over flat arrays, no sorting.
 */
final class FieldEdit {

  private final FieldIndex before;
  private final LongArrayList boundHigh;
  private final LongArrayList boundLow;
  private final IntArrayList intervalNode;
  private final LongArrayList nodeHigh;
  private final LongArrayList nodeLow;
  private final IntArrayList nodeLength = new IntArrayList();
  private final IntArrayList nodeParent;
  private final IntArrayList nodeOwn;
  /** What a set of value sets is called once the new one joins it. */
  private final Map<Integer, Integer> joined = new HashMap<>();
  private int lastOwn;

  private FieldEdit(FieldIndex before) {
    this.before = before;
    boolean wide = before.boundHigh != null;
    boundHigh = wide ? new LongArrayList(before.boundHigh) : null;
    boundLow = new LongArrayList(before.boundLow);
    intervalNode = new IntArrayList(before.intervalNode);
    nodeHigh = wide ? new LongArrayList(before.nodeHigh) : null;
    nodeLow = new LongArrayList(before.nodeLow);
    for (int node = 0; node < before.nodeCount(); node++) nodeLength.add(before.length(node));
    nodeParent = new IntArrayList(before.nodeParent);
    nodeOwn = new IntArrayList(before.nodeOwn);
    for (int own : before.nodeOwn) lastOwn = Math.max(lastOwn, own);
  }

  /** The index with {@code values}, which are not the whole field, among its value sets. */
  static FieldIndex with(FieldIndex before, ValueSet values) {
    FieldEdit edit = new FieldEdit(before);
    Prefixes.cut(values, before.field.bits(), edit::add);
    return edit.finish();
  }

  private void add(long high, long low, int length) {
    int around = intervalNode.getInt(interval(high, low));
    while (nodeLength.getInt(around) > length) around = nodeParent.getInt(around);
    if (nodeLength.getInt(around) == length) {
      nodeOwn.set(around, (int) joined.computeIfAbsent(nodeOwn.getInt(around), own -> ++lastOwn));
      return;
    }
    int node = nodeLow.size();
    if (nodeHigh != null) nodeHigh.add(high);
    nodeLow.add(low);
    nodeLength.add(length);
    nodeParent.add(around);
    nodeOwn.add((int) joined.computeIfAbsent(0, own -> ++lastOwn));
    int free = before.field.bits() - length;
    for (int child = 1; child < node; child++) {
      if (nodeParent.getInt(child) == around && isInside(nodeHigh(child), nodeLow.getLong(child), high, low, free)) {
        nodeParent.set(child, node);
      }
    }
    cut(high, low, around, node, free);
  }

  private static boolean isInside(long childHigh, long childLow, long high, long low, int free) {
    return (childHigh & ~U128.maskHigh(free)) == high && (childLow & ~U128.maskLow(free)) == low;
  }

  /** Gives the new node its intervals: those inside it that were {@code around}'s. */
  private void cut(long high, long low, int around, int node, int free) {
    int first = interval(high, low);
    if (boundLow.getLong(first) != low || boundHigh(first) != high) insert(++first, high, low, around);
    long lastHigh = high | U128.maskHigh(free);
    long lastLow = low | U128.maskLow(free);
    int last = interval(lastHigh, lastLow);
    boolean endsField = lastHigh == U128.maskHigh(before.field.bits()) && lastLow == U128.maskLow(before.field.bits());
    if (!endsField) {
      long nextLow = lastLow + 1;
      long nextHigh = lastHigh + (nextLow == 0 ? 1 : 0);
      int next = interval(nextHigh, nextLow);
      if (next == last) insert(last + 1, nextHigh, nextLow, intervalNode.getInt(last));
    }
    for (int i = first; i <= last; i++) {
      if (intervalNode.getInt(i) == around) intervalNode.set(i, node);
    }
  }

  private void insert(int at, long high, long low, int node) {
    if (boundHigh != null) boundHigh.add(at, high);
    boundLow.add(at, low);
    intervalNode.add(at, node);
  }

  private int interval(long high, long low) {
    int from = 0;
    int to = boundLow.size();
    while (to - from > 1) {
      int middle = (from + to) >>> 1;
      if (U128.compare(boundHigh(middle), boundLow.getLong(middle), high, low) <= 0) {
        from = middle;
      } else {
        to = middle;
      }
    }
    return from;
  }

  private long boundHigh(int i) {
    return boundHigh == null ? 0 : boundHigh.getLong(i);
  }

  private long nodeHigh(int node) {
    return nodeHigh == null ? 0 : nodeHigh.getLong(node);
  }

  private FieldIndex finish() {
    byte[] lengths = new byte[nodeLength.size()];
    for (int i = 0; i < lengths.length; i++) lengths[i] = (byte) nodeLength.getInt(i);
    return new FieldIndex(before.field, before.word, boundHigh == null ? null : boundHigh.toLongArray(),
        boundLow.toLongArray(), intervalNode.toIntArray(), nodeHigh == null ? null : nodeHigh.toLongArray(),
        nodeLow.toLongArray(), lengths, nodeParent.toIntArray(), nodeOwn.toIntArray());
  }
}
