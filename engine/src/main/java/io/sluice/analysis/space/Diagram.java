package io.sluice.analysis.space;

import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A function of packets, as a graph: at each node one axis is looked at, and the value's range tells where to go on. What comes
 * later is the same whatever way led there, so that many packets share few nodes (Gouda and Liu, Structured firewall design, 2007;
 * Bryant, Graph-based algorithms for Boolean function manipulation, 1986). Of {@code -s 10.0.0.1 --dport 80 -j DROP} before ACCEPT:
 *
 * <pre>
 *   source   0.0.0.0  10.0.0.1  10.0.0.2        where each range begins
 *   next      ACCEPT     │       ACCEPT
 *                        ▼
 *   destination port     0  80  81
 *   next            ACCEPT DROP ACCEPT
 * </pre>
 *
 * Equal functions of one {@link Diagrams} are one object. A leaf without a value says nothing of its packets.
 */
public final class Diagram<T> {
  /** Null at a leaf. */
  private final Axis axis;
  /** The upper and the lower 64 bits of each range's first value; the first is 0. */
  private final long[] starts;
  /** One for each range, none like the one before. */
  private final List<Diagram<T>> next;
  private final T leaf;

  Diagram(T leaf) {
    this.axis = null;
    this.starts = new long[0];
    this.next = List.of();
    this.leaf = leaf;
  }

  Diagram(Axis axis, LongArrayList starts, List<Diagram<T>> next) {
    this.axis = axis;
    this.starts = starts.toLongArray();
    this.next = List.copyOf(next);
    this.leaf = null;
  }

  /** What comes of all packets; null where nothing is said of them. */
  T leaf() {
    return leaf;
  }

  boolean isLeaf() {
    return axis == null;
  }

  /** Whether nothing is said of any packet. */
  public boolean isNowhere() {
    return axis == null && leaf == null;
  }

  /** What is looked at; null at a leaf. */
  Axis axis() {
    return axis;
  }

  int ranges() {
    return next.size();
  }

  Diagram<T> next(int range) {
    return next.get(range);
  }

  long startHigh(int range) {
    return starts[2 * range];
  }

  long startLow(int range) {
    return starts[2 * range + 1];
  }

  /** Equal for nodes that are made of the same. */
  int madeHash() {
    int hash = axis.index() * 31 + Arrays.hashCode(starts);
    for (Diagram<T> one : next) {
      hash = hash * 31 + System.identityHashCode(one);
    }
    return hash;
  }

  /** Whether both look at the same axis, and go on to the same nodes from the same ranges. */
  boolean isMadeAs(Diagram<?> other) {
    if (axis != other.axis || !Arrays.equals(starts, other.starts)) {
      return false;
    }
    for (int i = 0; i < next.size(); i++) {
      if (next.get(i) != other.next.get(i)) {
        return false;
      }
    }
    return true;
  }

  /** What comes of a packet; null where nothing is said. */
  public T at(Point point) {
    Diagram<T> at = this;
    while (!at.isLeaf()) {
      at = at.next.get(at.rangeOf(point.high(at.axis.index()), point.low(at.axis.index())));
    }
    return at.leaf;
  }

  /** All that comes of packets. */
  public Set<T> leaves() {
    Set<T> leaves = new LinkedHashSet<>();
    collect(leaves, new HashSet<>());
    return leaves;
  }

  private void collect(Set<T> leaves, Set<Diagram<T>> seen) {
    if (leaf != null) {
      leaves.add(leaf);
    } else if (seen.add(this)) {
      next.forEach(one -> one.collect(leaves, seen));
    }
  }

  /** The last range that begins before the value, which is not 0. */
  int rangeBefore(long high, long low) {
    return rangeOf(low == 0 ? high - 1 : high, low - 1);
  }

  /** The last range that begins at or before the value. */
  int rangeOf(long high, long low) {
    int first = 0;
    int last = next.size() - 1;
    while (first < last) {
      int middle = first + last + 1 >>> 1;
      if (Values.compare(starts[2 * middle], starts[2 * middle + 1], high, low) <= 0) {
        first = middle;
      } else {
        last = middle - 1;
      }
    }
    return first;
  }
}
