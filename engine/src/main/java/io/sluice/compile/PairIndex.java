package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.Arrays;

/**
 * The rules by the pair of nodes that their two most telling fields name, as in Srinivasan, Varghese, Suri and
 * Waldvogel's cross-producting (SIGCOMM 1998), but holding only the pairs that rules name.
 *
 * <p>A rule is found under (node of its values in field A, node of its values in field B). A packet satisfies it in
 * both fields if and only if the two nodes are the packet's own innermost nodes or ancestors of these, so a look-up
 * asks for every ancestor of the one with every ancestor of the other: a few dozen probes however many rules. Here rules
 * 0 and 2 are under the pair (3, 1) and rule 1, which confines neither field, under (0, 0):
 *
 * <pre>
 *   key     [ 3:1 | 0:0 |  -  |  -  |  -  |  -  |  -  |  -  ]     node of A : node of B; open addressing
 *   start   [  0  |  3  |  -  |  -  |  -  |  -  |  -  |  -  ]
 *   lists   [ 2  0 2 | 1  1 ]                                     count, then the ids in rule order
 *
 *   packet in nodes 3 (under 0) and 1 (under 0) ▶ (3,1) (3,0) (0,1) (0,0) ▶ rules 0, 2, 1
 * </pre>
 *
 * n rules of one prefix each take n ids and at most 2n slots to n pairs (up to 4n once rounded to a power of two).
 */
final class PairIndex {

  static final long EMPTY = -1;

  final long[] keys;
  final int[] start;
  final int[] lists;
  final int pairCount;

  private PairIndex(long[] keys, int[] start, int[] lists, int pairCount) {
    this.keys = keys;
    this.start = start;
    this.lists = lists;
    this.pairCount = pairCount;
  }

  /** The pairs with their rule, which must come in rule order. */
  static PairIndex build(LongArrayList pairs, IntArrayList rules) {
    Long2IntOpenHashMap counts = new Long2IntOpenHashMap(pairs.size());
    for (int i = 0; i < pairs.size(); i++) counts.addTo(pairs.getLong(i), 1);
    int capacity = Math.max(4, Integer.highestOneBit(counts.size()) * 4);
    PairIndex index = new PairIndex(new long[capacity], new int[capacity], new int[counts.size() + pairs.size()],
        counts.size());
    Arrays.fill(index.keys, EMPTY);
    int end = 0;
    for (int i = 0; i < pairs.size(); i++) {
      long pair = pairs.getLong(i);
      int slot = index.slot(pair);
      if (index.keys[slot] == EMPTY) {
        index.keys[slot] = pair;
        index.start[slot] = end;
        end += 1 + counts.get(pair);
      }
      int list = index.start[slot];
      index.lists[list + ++index.lists[list]] = rules.getInt(i);
    }
    return index;
  }

  static long pair(int nodeOfA, int nodeOfB) {
    return (long) nodeOfA << 32 | nodeOfB;
  }

  /** Where the list of a pair begins in {@code lists}, or -1. */
  static int find(long[] keys, int[] start, long pair) {
    int mask = keys.length - 1;
    for (int slot = hash(pair, keys.length); ; slot = (slot + 1) & mask) {
      long key = keys[slot];
      if (key == pair) return start[slot];
      if (key == EMPTY) return -1;
    }
  }

  private int slot(long pair) {
    int slot = hash(pair, keys.length);
    while (keys[slot] != EMPTY && keys[slot] != pair) slot = (slot + 1) & (keys.length - 1);
    return slot;
  }

  private static int hash(long pair, int capacity) {
    return (int) ((pair * 0x9e37_79b9_7f4a_7c15L) >>> (64 - Integer.numberOfTrailingZeros(capacity)));
  }

  /** This index with {@code rule} under {@code pair} too, at its place in rule order. */
  PairIndex with(long pair, int rule, int[] position) {
    int capacity = pairCount * 2 + 2 > keys.length ? keys.length * 2 : keys.length;
    PairIndex copy = resized(capacity, lists.length + 2 + countUnder(pair));
    int slot = copy.slot(pair);
    int end = lists.length;
    int old = copy.keys[slot] == EMPTY ? -1 : copy.start[slot];
    int count = old < 0 ? 0 : lists[old];
    int at = 0;
    while (at < count && position[lists[old + 1 + at]] < position[rule]) at++;
    copy.lists[end] = count + 1;
    if (count > 0) {
      System.arraycopy(lists, old + 1, copy.lists, end + 1, at);
      System.arraycopy(lists, old + 1 + at, copy.lists, end + 2 + at, count - at);
    }
    copy.lists[end + 1 + at] = rule;
    copy.keys[slot] = pair;
    copy.start[slot] = end;
    return new PairIndex(copy.keys, copy.start, copy.lists, pairCount + (old < 0 ? 1 : 0));
  }

  /** This index without {@code rule} under {@code pair}. */
  PairIndex without(long pair, int rule) {
    int list = find(keys, start, pair);
    int[] shrunk = lists.clone();
    int count = lists[list];
    int at = list + 1;
    while (lists[at] != rule) at++;
    System.arraycopy(lists, at + 1, shrunk, at, list + count - at);
    shrunk[list] = count - 1;
    return new PairIndex(keys, start, shrunk, pairCount);
  }

  private int countUnder(long pair) {
    int list = find(keys, start, pair);
    return list < 0 ? 0 : lists[list];
  }

  private PairIndex resized(int capacity, int listsLength) {
    int[] longer = Arrays.copyOf(lists, listsLength);
    if (capacity == keys.length) return new PairIndex(keys.clone(), start.clone(), longer, pairCount);
    PairIndex larger = new PairIndex(new long[capacity], new int[capacity], longer, pairCount);
    Arrays.fill(larger.keys, EMPTY);
    for (int i = 0; i < keys.length; i++) {
      if (keys[i] == EMPTY) continue;
      int slot = larger.slot(keys[i]);
      larger.keys[slot] = keys[i];
      larger.start[slot] = start[i];
    }
    return larger;
  }

  long bytes() {
    return 12L * keys.length + 4L * lists.length;
  }

  /** The arrays as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder("key     [");
    for (int i = 0; i < keys.length; i++) {
      out.append(i == 0 ? " " : "| ");
      out.append(keys[i] == EMPTY ? " -  " : (keys[i] >>> 32) + ":" + (int) keys[i] + " ");
    }
    out.append("]\nstart   [");
    for (int i = 0; i < keys.length; i++) {
      out.append(i == 0 ? "  " : "|  ").append(keys[i] == EMPTY ? "-" : Integer.toString(start[i])).append("  ");
    }
    out.append("]\nlists   [");
    for (int at = 0; at < lists.length; at += 1 + lists[at]) {
      out.append(at == 0 ? " " : "| ").append(lists[at]).append(' ');
      for (int i = 1; i <= lists[at]; i++) out.append(' ').append(lists[at + i]);
      out.append(' ');
    }
    return out.append("]\n").toString();
  }
}
