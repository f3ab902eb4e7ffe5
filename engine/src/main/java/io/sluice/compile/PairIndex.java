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
 * n rules of one prefix each take n ids and at most 2n slots to n pairs (up to 4n once rounded to a power of two). Immutable:
 * an edit makes another index that shares the arrays and has {@link PairEdits} beside them.
 */
final class PairIndex {

  static final long EMPTY = -1;
  private static final int[] NONE = {};

  final long[] keys;
  final int[] start;
  final int[] lists;
  final int pairCount;
  /** What edits have changed, which is to be asked first; null if nothing. */
  final PairEdits edits;

  private PairIndex(long[] keys, int[] start, int[] lists, int pairCount, PairEdits edits) {
    this.keys = keys;
    this.start = start;
    this.lists = lists;
    this.pairCount = pairCount;
    this.edits = edits;
  }

  /** The pairs with their rule, which must come in rule order. */
  static PairIndex build(LongArrayList pairs, IntArrayList rules) {
    Long2IntOpenHashMap counts = new Long2IntOpenHashMap(pairs.size());
    for (int i = 0; i < pairs.size(); i++) counts.addTo(pairs.getLong(i), 1);
    int capacity = Math.max(4, Integer.highestOneBit(counts.size()) * 4);
    PairIndex index = new PairIndex(new long[capacity], new int[capacity], new int[counts.size() + pairs.size()],
        counts.size(), null);
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

  static int hash(long pair, int capacity) {
    return (int) ((pair * 0x9e37_79b9_7f4a_7c15L) >>> (64 - Integer.numberOfTrailingZeros(capacity)));
  }

  /** The rules under a pair, in rule order. */
  int[] rules(long pair) {
    int[] changed = edits == null ? null : edits.find(pair);
    int list = changed == null ? find(keys, start, pair) : -1;
    return changed != null ? changed : list < 0 ? NONE : Arrays.copyOfRange(lists, list + 1, list + 1 + lists[list]);
  }

  /** This index with {@code rule} under {@code pair} too, at its place in rule order. */
  PairIndex with(long pair, int rule, int[] position) {
    int[] old = rules(pair);
    int at = 0;
    while (at < old.length && position[old[at]] < position[rule]) at++;
    int[] longer = new int[old.length + 1];
    System.arraycopy(old, 0, longer, 0, at);
    longer[at] = rule;
    System.arraycopy(old, at, longer, at + 1, old.length - at);
    return changed(pair, longer);
  }

  /** This index without {@code rule} under {@code pair}. */
  PairIndex without(long pair, int rule) {
    int[] old = rules(pair);
    int at = 0;
    while (old[at] != rule) at++;
    int[] shorter = Arrays.copyOf(old, old.length - 1);
    System.arraycopy(old, at + 1, shorter, at, shorter.length - at);
    return changed(pair, shorter);
  }

  private PairIndex changed(long pair, int[] list) {
    return new PairIndex(keys, start, lists, pairCount, (edits == null ? PairEdits.NONE : edits).with(pair, list));
  }

  long bytes() {
    return 12L * keys.length + 4L * lists.length + (edits == null ? 0 : edits.bytes());
  }

  /** Node of A : node of B. */
  static String text(long pair) {
    return pair == EMPTY ? " - " : (pair >>> 32) + ":" + (int) pair;
  }

  /** The arrays as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder("key     [");
    for (int i = 0; i < keys.length; i++) {
      out.append(i == 0 ? " " : "| ").append(text(keys[i])).append(' ');
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
