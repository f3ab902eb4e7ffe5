package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.Arrays;

/**
 * What the rules say about one field: the prefixes they name, how these nest, and which values share a class.
 *
 * <p>Every block of values that some rule names is a <em>node</em>; node 0 is the whole field. Blocks nest or are
 * disjoint, so the nodes are a forest, and the rules that a value satisfies are those of the innermost node around it
 * and of that node's ancestors. Nodes whose values satisfy the same rules share a <em>class</em>. Here a field of 8 bits
 * with the rules {@code 16..31}, {@code 20..23}, {@code 64, 66}:
 *
 * <pre>
 *   bound    [ 0 | 16 | 20 | 24 | 32 | 64 | 65 | 66 | 67 ]    lowest value of each interval, ascending
 *   node     [ 0 |  1 |  2 |  1 |  0 |  3 |  0 |  4 |  0 ]    the innermost node around the interval
 *
 *   number     0    1    2    3    4
 *   low      [ 0 | 16 | 20 | 64 | 66 ]    lowest value of the node's block
 *   length   [ 0 |  4 |  6 |  8 |  8 ]    how many bits its values share
 *   parent   [-1 |  0 |  1 |  0 |  0 ]    the smallest block around it
 *   own      [ 0 |  1 |  2 |  3 |  3 ]    which value sets have this very block as a piece
 *   class    [ 0 |  1 |  2 |  3 |  3 ]    64 and 66 satisfy the same rules: equal own, equal class of the parent
 *
 *   value 21 ▶ interval 2 ▶ node 2 ▶ class 2; rules of node 2, 1 and 0
 * </pre>
 *
 * n prefixes make at most 2n + 1 intervals and n + 1 nodes: the whole is linear in the rules however they overlap,
 * where a list of rules for each interval would be quadratic (195 million ids for one field of a firewall-like set of
 * 88,000 rules). A range that is no prefix is cut into at most {@code 2 bits - 2} of them.
 *
 * <p>Immutable. An edit makes a new index with {@link FieldEdit}; new nodes go to the end.
 */
final class FieldIndex {

  /** Above this many intervals a search of a wide field starts from a table of the first 16 bits. */
  private static final int MIN_INTERVALS_FOR_TABLE = 256;

  final Field field;
  /** Number of the first word of this field in a packet. */
  final int word;

  final long[] boundHigh; // null for fields of at most 32 bits
  final long[] boundLow;
  final int[] intervalNode;
  final long[] nodeHigh; // null likewise
  final long[] nodeLow;
  final byte[] nodeLength;
  final int[] nodeParent;
  final int[] nodeOwn;
  /** The own sets are numbered below this. */
  final int ownCount;
  final int[] nodeClass;
  final int classCount;

  /** The number of the first interval for each value of the upper 16 bits; null if the index is small. */
  private final int[] start;
  /** Null until an evaluator asks. */
  private volatile char[] table;

  FieldIndex(Field field, int word, long[] boundHigh, long[] boundLow, int[] intervalNode, long[] nodeHigh,
      long[] nodeLow, byte[] nodeLength, int[] nodeParent, int[] nodeOwn, int ownCount, int[] nodeClass,
      int classCount) {
    this.field = field;
    this.word = word;
    this.boundHigh = boundHigh;
    this.boundLow = boundLow;
    this.intervalNode = intervalNode;
    this.nodeHigh = nodeHigh;
    this.nodeLow = nodeLow;
    this.nodeLength = nodeLength;
    this.nodeParent = nodeParent;
    this.nodeOwn = nodeOwn;
    this.ownCount = ownCount;
    this.nodeClass = nodeClass;
    this.classCount = classCount;
    this.start = startTable();
  }

  int nodeCount() {
    return nodeParent.length;
  }

  int intervalCount() {
    return boundLow.length;
  }

  /** How many bits a class number takes: none if the field tells no packets apart. */
  int classBits() {
    return 32 - Integer.numberOfLeadingZeros(classCount - 1);
  }

  /** The innermost node around the value that {@code packet} has in this field. */
  int node(int[] packet) {
    return intervalNode[interval(packet)];
  }

  int classOf(int[] packet) {
    return nodeClass[node(packet)];
  }

  /** The class of a value of at most 32 bits. */
  int classOf(int value) {
    return nodeClass[intervalNode[interval(value)]];
  }

  int interval(int[] packet) {
    switch (field.words()) {
      case 1:
        return interval(packet[word]);
      case 2:
        return interval(0, join(packet[word], packet[word + 1]));
      case 3:
        return interval(packet[word] & 0xffff_ffffL, join(packet[word + 1], packet[word + 2]));
      default:
        return interval(join(packet[word], packet[word + 1]), join(packet[word + 2], packet[word + 3]));
    }
  }

  private static long join(int high, int low) {
    return (long) high << 32 | low & 0xffff_ffffL;
  }

  private int interval(int packed) {
    long value = packed & 0xffff_ffffL;
    int from = 0;
    int to = boundLow.length;
    if (start != null) {
      int top = (int) (value >>> (field.bits() - 16));
      if (top >= start.length - 1) top = start.length - 2; // a value wider than the field: the last interval
      from = start[top];
      to = start[top + 1] + 1;
    }
    while (to - from > 1) {
      int middle = (from + to) >>> 1;
      if (boundLow[middle] <= value) {
        from = middle;
      } else {
        to = middle;
      }
    }
    return from;
  }

  /** The interval around a value, which is also what {@link FieldEdit} cuts at. */
  int interval(long high, long low) {
    int from = 0;
    int to = boundLow.length;
    while (to - from > 1) {
      int middle = (from + to) >>> 1;
      if (U128.compare(boundHigh == null ? 0 : boundHigh[middle], boundLow[middle], high, low) <= 0) {
        from = middle;
      } else {
        to = middle;
      }
    }
    return from;
  }

  /** The node of exactly this block, or -1. */
  int find(long high, long low, int length) {
    int node = intervalNode[interval(high, low)];
    while (length(node) > length) node = nodeParent[node];
    return length(node) == length ? node : -1;
  }

  /** A node's length: up to 128 for a single IPv6 address, which a byte holds unsigned. */
  int length(int node) {
    return nodeLength[node] & 0xff;
  }

  private int[] startTable() {
    if (field.bits() > 32 || field.bits() <= 16 || boundLow.length < MIN_INTERVALS_FOR_TABLE) return null;
    int[] table = new int[(1 << 16) + 1];
    int interval = 0;
    for (int top = 0; top < 1 << 16; top++) {
      long lowest = (long) top << (field.bits() - 16);
      while (interval + 1 < boundLow.length && boundLow[interval + 1] <= lowest) interval++;
      table[top] = interval;
    }
    table[1 << 16] = boundLow.length - 1;
    return table;
  }

  /**
   * Numbers the classes: nodes with equal own value sets under parents of one class share theirs.
   *
   * <p>Sound because equal own sets and equal inherited ones make equal rules. Nodes that reach the same rules by a
   * different nesting get two classes where one would do, which costs room and no correctness.
   */
  static int assignClasses(int[] parent, int[] own, int[] classes) {
    Long2IntOpenHashMap known = new Long2IntOpenHashMap(parent.length);
    known.defaultReturnValue(-1);
    Arrays.fill(classes, -1);
    IntArrayList path = new IntArrayList();
    int count = 0;
    for (int node = 0; node < parent.length; node++) {
      int above = node;
      while (above >= 0 && classes[above] < 0) { // a parent that an edit added comes after its children
        path.push(above);
        above = parent[above];
      }
      while (!path.isEmpty()) {
        int next = path.popInt();
        int inherited = parent[next] < 0 ? 0 : classes[parent[next]];
        long key = (long) own[next] << 32 | inherited;
        int found = known.get(key);
        if (found < 0) {
          found = count++;
          known.put(key, found);
        }
        classes[next] = found;
      }
    }
    return count;
  }

  /** The class of every value of a field of at most {@value Field#TABLE_BITS} bits. Evaluators share it: it is not to be changed. */
  char[] table() {
    char[] classes = table;
    if (classes == null) {
      classes = new char[1 << field.bits()];
      for (int i = 0; i < intervalCount(); i++) {
        int end = i + 1 < intervalCount() ? (int) boundLow[i + 1] : classes.length;
        Arrays.fill(classes, (int) boundLow[i], end, (char) nodeClass[intervalNode[i]]);
      }
      table = classes;
    }
    return classes;
  }

  long bytes() {
    long nodes = nodeCount() * (8L + 1 + 4 + 4 + 4) + (nodeHigh == null ? 0 : 8L * nodeCount());
    long intervals = intervalCount() * 12L + (boundHigh == null ? 0 : 8L * intervalCount());
    return nodes + intervals + (start == null ? 0 : 4L * start.length) + (table == null ? 0 : 2L * table.length);
  }

  /** The arrays as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder();
    row(out, "bound", intervalCount(), i -> U128.toString(boundHigh == null ? 0 : boundHigh[i], boundLow[i]));
    row(out, "node", intervalCount(), i -> Integer.toString(intervalNode[i]));
    row(out, "low", nodeCount(), i -> U128.toString(nodeHigh == null ? 0 : nodeHigh[i], nodeLow[i]));
    row(out, "length", nodeCount(), i -> Integer.toString(length(i)));
    row(out, "parent", nodeCount(), i -> Integer.toString(nodeParent[i]));
    row(out, "own", nodeCount(), i -> Integer.toString(nodeOwn[i]));
    row(out, "class", nodeCount(), i -> Integer.toString(nodeClass[i]));
    return out.toString();
  }

  /** One line of a picture. */
  static void row(StringBuilder out, String name, int count, java.util.function.IntFunction<String> cell) {
    out.append(String.format("%-8s [", name));
    for (int i = 0; i < count; i++) out.append(i == 0 ? "" : "|").append(String.format("%3s ", cell.apply(i)));
    out.append("]\n");
  }
}
