package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.List;

/**
 * The lists of a {@link PairIndex} that are too long to be gone through, in parts: by the nodes of a third field. Here the list
 * that begins at 0 has the rules 0 to 3; ports are the third field, 0 and 2 have port 22 (node 1), 3 has port 80 (node 2):
 *
 * <pre>
 *   key     [ 0:0 | 0:2 |  -  |  -  | 0:1 |  -  |  -  |  -  ]     where the list begins : node of the third field
 *   start   [  3  |  5  |  -  |  -  |  0  |  -  |  -  |  -  ]
 *   lists   [ 2  0 2 | 1  1 | 1  3 ]                              count, then the ids in rule order
 *
 *   packet to port 22, in node 1 (under 0) ▶ (0,1) (0,0) ▶ rules 0, 2, 1
 * </pre>
 *
 * A cluster's node has 475 ports of its own that lead to 6,000 rules, none of which says an address: a packet not seen before was
 * asked about all of them, 50 microseconds long (KubeBenchmark, 10,000 services).
 *
 * <p>A list takes an id for each block of the third field's values, at most {@value RulePairs#MAX_PAIRS} a rule. Immutable. An
 * edited list is gone through whole: {@link PairEdits} stands in for it.
 */
final class LongLists {
  /** To find the packet's node in the third field and ask for its ancestors takes as long as so many rules, about. */
  static final int LONG = 32;

  /** The third field; -1 if no other field tells rules apart. */
  final int field;
  /** Where a list begins in the place of the node of A, the node of the third field in that of the node of B. */
  final PairIndex parts;
  /** A list of more rules is here. */
  private final int longest;

  private LongLists(int field, int longest, PairIndex parts) {
    this.field = field;
    this.longest = longest;
    this.parts = parts;
  }

  /** The lists of more than {@code longest} rules among {@code pairs} by the nodes of {@code field}, which may be -1. */
  static LongLists build(PairIndex pairs, FieldIndex[] indexes, int field, List<Box> rules, int longest) {
    boolean tells = field >= 0 && indexes[field].nodeCount() > 1;
    LongLists lists = new LongLists(tells ? field : -1, longest, null);
    LongArrayList keys = new LongArrayList();
    IntArrayList ids = new IntArrayList();
    for (int list = 0; list < pairs.lists.length; list += 1 + pairs.lists[list]) {
      if (!lists.has(pairs, list)) continue;
      for (int i = 1; i <= pairs.lists[list]; i++) {
        int id = pairs.lists[list + i];
        for (int node : lists.nodes(rules.get(id), indexes[field])) {
          keys.add(PairIndex.pair(list, node));
          ids.add(id);
        }
      }
    }
    return new LongLists(lists.field, longest, PairIndex.build(keys, ids));
  }

  /** Whether the list that begins at {@code list} is here in parts. */
  boolean has(PairIndex pairs, int list) {
    return field >= 0 && pairs.lists[list] > longest;
  }

  /** The nodes under which a rule of a long list is found. */
  int[] nodes(Box box, FieldIndex index) {
    int[] nodes = RulePairs.nodes(box, field, index);
    return nodes.length > RulePairs.MAX_PAIRS ? new int[] {0} : nodes;
  }

  long bytes() {
    return parts.bytes();
  }

  /** The arrays as the picture above shows them. */
  String dump() {
    return parts.dump();
  }
}
