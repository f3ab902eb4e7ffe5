package io.sluice.compile;

import java.util.Arrays;

/**
 * The lists of a {@link PairIndex} that edits have changed, which stand in for those there: an edit copies these few and
 * not all. Here rule 5 has come under the pair (3, 1) of that class's picture, behind rule 0, and rule 1 has gone:
 *
 * <pre>
 *   key     [ 3:1   | 0:0 |  -  |  -  ]      open addressing as there, at most half of it taken
 *   list    [ 0 5 2 |     |  -  |  -  ]      all ids under the pair, in rule order
 * </pre>
 *
 * Immutable.
 */
final class PairEdits {

  static final PairEdits NONE = new PairEdits(4);

  private final long[] keys;
  private final int[][] lists;
  private int count;

  private PairEdits(int capacity) {
    keys = new long[capacity];
    lists = new int[capacity][];
    Arrays.fill(keys, PairIndex.EMPTY);
  }

  /** The ids under a pair, in rule order; null if no edit has changed them. */
  int[] find(long pair) {
    return lists[slot(pair)];
  }

  private int slot(long pair) {
    int slot = PairIndex.hash(pair, keys.length);
    while (keys[slot] != PairIndex.EMPTY && keys[slot] != pair) slot = slot + 1 & keys.length - 1;
    return slot;
  }

  /** These with another list for a pair. */
  PairEdits with(long pair, int[] list) {
    PairEdits copy = new PairEdits(2 * count + 2 > keys.length ? 2 * keys.length : keys.length);
    for (int i = 0; i < keys.length; i++) {
      if (keys[i] != PairIndex.EMPTY) copy.put(keys[i], lists[i]);
    }
    copy.put(pair, list);
    return copy;
  }

  private void put(long pair, int[] list) {
    int slot = slot(pair);
    if (keys[slot] == PairIndex.EMPTY) count++;
    keys[slot] = pair;
    lists[slot] = list;
  }

  /** The pairs, in no order. */
  long[] pairs() {
    return Arrays.stream(keys).filter(key -> key != PairIndex.EMPTY).toArray();
  }

  long bytes() {
    long sum = 12L * keys.length;
    for (int[] list : lists) sum += list == null ? 0 : 4L * list.length;
    return sum;
  }

  /** The arrays as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder("key     [");
    for (int i = 0; i < keys.length; i++) out.append(i == 0 ? " " : "| ").append(PairIndex.text(keys[i])).append(' ');
    out.append("]\nlist    [");
    for (int i = 0; i < keys.length; i++) {
      out.append(i == 0 ? "" : "|");
      if (lists[i] == null) out.append(" -");
      else for (int id : lists[i]) out.append(' ').append(id);
      out.append(' ');
    }
    return out.append("]\n").toString();
  }
}
