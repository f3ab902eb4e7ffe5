package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Puts one more value set into a {@link FieldIndex}, for each of its blocks in some passes over flat arrays and without
 * sorting. Here 18..19 joins the field of that class's picture:
 *
 * <pre>
 *   before   bound   [ 0 | 16 | 20 | 24 ...        after   bound   [ 0 | 16 | 18 | 20 | 24 ...
 *            node    [ 0 |  1 |  2 |  1 ...                node    [ 0 |  1 |  5 |  2 |  1 ...
 * </pre>
 *
 * The block is a new node at the end, or one more set of a node that is there. Nodes inside it get a new class if some node
 * outside is of the same, since their values satisfy one more rule; all others keep theirs, so that classes are finer than
 * they would have to be but never too coarse. When they have become too many all are numbered anew. Where the set is told from
 * the others already, as when some rule has had it, nothing changes.
 */
final class FieldEdit {

  private final FieldIndex before;
  private final int bits;
  private final long[] boundHigh;
  private final long[] boundLow;
  private final int[] intervalNode;
  private int intervals;
  private final long[] nodeHigh;
  private final long[] nodeLow;
  private final byte[] nodeLength;
  private final int[] nodeParent;
  private final int[] nodeOwn;
  private final int[] nodeClass;
  private int nodes;
  /** What an own set is called once the new one has joined it, and a class likewise. */
  private final Int2IntOpenHashMap joinedOwn = new Int2IntOpenHashMap();
  private final Int2IntOpenHashMap joinedClass = new Int2IntOpenHashMap();
  private int ownCount;
  private int classCount;
  /** The nodes inside the new set. */
  private final BitSet inside = new BitSet();

  private FieldEdit(FieldIndex before, int blocks) {
    this.before = before;
    this.bits = before.field.bits();
    this.intervals = before.intervalCount();
    this.nodes = before.nodeCount();
    this.ownCount = before.ownCount;
    this.classCount = before.classCount;
    boolean wide = before.boundHigh != null;
    boundHigh = wide ? Arrays.copyOf(before.boundHigh, intervals + 2 * blocks) : null;
    boundLow = Arrays.copyOf(before.boundLow, intervals + 2 * blocks);
    intervalNode = Arrays.copyOf(before.intervalNode, intervals + 2 * blocks);
    nodeHigh = wide ? Arrays.copyOf(before.nodeHigh, nodes + blocks) : null;
    nodeLow = Arrays.copyOf(before.nodeLow, nodes + blocks);
    nodeLength = Arrays.copyOf(before.nodeLength, nodes + blocks);
    nodeParent = Arrays.copyOf(before.nodeParent, nodes + blocks);
    nodeOwn = Arrays.copyOf(before.nodeOwn, nodes + blocks);
    nodeClass = Arrays.copyOf(before.nodeClass, nodes + blocks);
  }

  /** The index with {@code values}, which are not the whole field, among its value sets. */
  static FieldIndex with(FieldIndex before, ValueSet values) {
    Blocks blocks = new Blocks();
    Prefixes.cut(values, before.field.bits(), blocks);
    if (isTold(before, blocks)) return before;
    FieldEdit edit = new FieldEdit(before, blocks.count());
    for (int i = 0; i < blocks.count(); i++) edit.add(blocks.high.getLong(i), blocks.low.getLong(i), blocks.length.getInt(i));
    edit.tellInside();
    return edit.finish();
  }

  /** The blocks of the new set. */
  private static final class Blocks implements Prefixes.Sink {
    final LongArrayList high = new LongArrayList(1);
    final LongArrayList low = new LongArrayList(1);
    final IntArrayList length = new IntArrayList(1);

    @Override
    public void accept(long blockHigh, long blockLow, int blockLength) {
      high.add(blockHigh);
      low.add(blockLow);
      length.add(blockLength);
    }

    int count() {
      return length.size();
    }
  }

  /** Whether the set's blocks are nodes, of own sets that no other node has, and of classes that no node outside has. */
  private static boolean isTold(FieldIndex index, Blocks blocks) {
    BitSet own = new BitSet(index.nodeCount());
    BitSet inside = new BitSet(index.nodeCount());
    for (int i = 0; i < blocks.count(); i++) {
      int node = index.find(blocks.high.getLong(i), blocks.low.getLong(i), blocks.length.getInt(i));
      if (node < 0) return false;
      own.set(node);
    }
    if (isShared(index.nodeOwn, index.nodeCount(), index.ownCount, own)) return false;
    for (int i = 0; i < blocks.count(); i++) {
      findInside(index.nodeHigh, index.nodeLow, index.nodeLength, index.nodeCount(), index.field.bits(), blocks.high.getLong(i),
          blocks.low.getLong(i), blocks.length.getInt(i), inside);
    }
    return !isShared(index.nodeClass, index.nodeCount(), index.classCount, inside);
  }

  /** Whether a node outside a set of nodes has the same number as one inside. */
  private static boolean isShared(int[] numbers, int nodeCount, int numberCount, BitSet nodes) {
    BitSet theirs = new BitSet(numberCount);
    for (int node = nodes.nextSetBit(0); node >= 0; node = nodes.nextSetBit(node + 1)) theirs.set(numbers[node]);
    for (int node = 0; node < nodeCount; node++) {
      if (theirs.get(numbers[node]) && !nodes.get(node)) return true;
    }
    return false;
  }

  /** Adds the nodes inside a block to {@code inside}. */
  private static void findInside(long[] nodeHigh, long[] nodeLow, byte[] nodeLength, int nodeCount, int bits, long high, long low,
      int length, BitSet inside) {
    long keepHigh = ~U128.maskHigh(bits - length);
    long keepLow = ~U128.maskLow(bits - length);
    for (int node = 0; node < nodeCount; node++) {
      if ((nodeLow[node] & keepLow) == low && (nodeLength[node] & 0xff) >= length
          && (nodeHigh == null || (nodeHigh[node] & keepHigh) == high)) {
        inside.set(node);
      }
    }
  }

  private void add(long high, long low, int length) {
    int around = intervalNode[interval(high, low)];
    while (length(around) > length) around = nodeParent[around];
    if (length(around) == length) {
      nodeOwn[around] = joinedOwn(nodeOwn[around]);
    } else {
      addNode(high, low, length, around);
    }
    findInside(nodeHigh, nodeLow, nodeLength, nodes, bits, high, low, length, inside);
  }

  /** Gives new classes to the nodes inside whose class is one of nodes outside too. */
  private void tellInside() {
    BitSet outside = new BitSet(classCount);
    for (int node = inside.nextClearBit(0); node < nodes; node = inside.nextClearBit(node + 1)) outside.set(nodeClass[node]);
    for (int node = inside.nextSetBit(0); node >= 0; node = inside.nextSetBit(node + 1)) {
      if (outside.get(nodeClass[node])) nodeClass[node] = joinedClass(nodeClass[node]);
    }
  }

  private int joinedOwn(int own) {
    int joined = joinedOwn.getOrDefault(own, -1);
    if (joined < 0) joinedOwn.put(own, joined = ownCount++);
    return joined;
  }

  private int joinedClass(int old) {
    int joined = joinedClass.getOrDefault(old, -1);
    if (joined < 0) joinedClass.put(old, joined = classCount++);
    return joined;
  }

  /** Adds a node inside {@code around}, as a parent of those of its children that it surrounds. */
  private void addNode(long high, long low, int length, int around) {
    int node = nodes++;
    if (nodeHigh != null) nodeHigh[node] = high;
    nodeLow[node] = low;
    nodeLength[node] = (byte) length;
    nodeParent[node] = around;
    nodeOwn[node] = joinedOwn(0);
    nodeClass[node] = nodeClass[around];
    int free = bits - length;
    for (int child = 1; child < node; child++) {
      if (nodeParent[child] == around && (nodeLow[child] & ~U128.maskLow(free)) == low
          && (nodeHigh == null || (nodeHigh[child] & ~U128.maskHigh(free)) == high)) {
        nodeParent[child] = node;
      }
    }
    cut(high, low, around, node, free);
  }

  /** Gives the new node its intervals: those inside it that were {@code around}'s. */
  private void cut(long high, long low, int around, int node, int free) {
    int first = interval(high, low);
    if (boundLow[first] != low || boundHigh(first) != high) insert(++first, high, low, around);
    long lastHigh = high | U128.maskHigh(free);
    long lastLow = low | U128.maskLow(free);
    int last = interval(lastHigh, lastLow);
    if (lastHigh != U128.maskHigh(bits) || lastLow != U128.maskLow(bits)) {
      long nextLow = lastLow + 1;
      long nextHigh = lastHigh + (nextLow == 0 ? 1 : 0);
      if (interval(nextHigh, nextLow) == last) insert(last + 1, nextHigh, nextLow, intervalNode[last]);
    }
    for (int i = first; i <= last; i++) {
      if (intervalNode[i] == around) intervalNode[i] = node;
    }
  }

  private void insert(int at, long high, long low, int node) {
    if (boundHigh != null) {
      System.arraycopy(boundHigh, at, boundHigh, at + 1, intervals - at);
      boundHigh[at] = high;
    }
    System.arraycopy(boundLow, at, boundLow, at + 1, intervals - at);
    boundLow[at] = low;
    System.arraycopy(intervalNode, at, intervalNode, at + 1, intervals - at);
    intervalNode[at] = node;
    intervals++;
  }

  private int interval(long high, long low) {
    int from = 0;
    int to = intervals;
    while (to - from > 1) {
      int middle = (from + to) >>> 1;
      if (U128.compare(boundHigh(middle), boundLow[middle], high, low) <= 0) {
        from = middle;
      } else {
        to = middle;
      }
    }
    return from;
  }

  private long boundHigh(int i) {
    return boundHigh == null ? 0 : boundHigh[i];
  }

  private int length(int node) {
    return nodeLength[node] & 0xff;
  }

  private FieldIndex finish() {
    int[] parents = exact(nodeParent, nodes);
    int[] owns = exact(nodeOwn, nodes);
    int[] classes = exact(nodeClass, nodes);
    if (classCount > 2 * nodes || bits <= Field.TABLE_BITS && classCount > Character.MAX_VALUE) {
      classCount = FieldIndex.assignClasses(parents, owns, classes);
    }
    return new FieldIndex(before.field, before.word, exact(boundHigh, intervals), exact(boundLow, intervals),
        exact(intervalNode, intervals), exact(nodeHigh, nodes), exact(nodeLow, nodes),
        nodeLength.length == nodes ? nodeLength : Arrays.copyOf(nodeLength, nodes), parents, owns, ownCount, classes, classCount);
  }

  private static int[] exact(int[] array, int length) {
    return array.length == length ? array : Arrays.copyOf(array, length);
  }

  private static long[] exact(long[] array, int length) {
    return array == null || array.length == length ? array : Arrays.copyOf(array, length);
  }
}
