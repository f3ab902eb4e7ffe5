package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;

/** One packet as rules see it: a value on each axis of a {@link Space}. Mutable, so that targets can change fields. */
public final class Point {
  private final long[] high;
  private final long[] low;

  /** All values zero. */
  Point(int axes) {
    high = new long[axes];
    low = new long[axes];
  }

  private Point(Point original) {
    high = original.high.clone();
    low = original.low.clone();
  }

  public Point copy() {
    return new Point(this);
  }

  /** How many axes it has a value on: those that its space had when it was made. */
  public int axes() {
    return low.length;
  }

  /** The upper 64 bits of the value on the axis with this index. */
  public long high(int axis) {
    return high[axis];
  }

  /** The lower 64 bits of the value on the axis with this index. */
  public long low(int axis) {
    return low[axis];
  }

  public void set(Axis axis, long valueHigh, long valueLow) {
    high[axis.index()] = valueHigh;
    low[axis.index()] = valueLow;
  }

  /** Takes the first value of a set. */
  void setFirst(Axis axis, ValueSet set) {
    set(axis, set.firstHigh(0), set.firstLow(0));
  }

  /** Takes the last value of a set. */
  void setLast(Axis axis, ValueSet set) {
    int last = set.rangeCount() - 1;
    set(axis, set.lastHigh(last), set.lastLow(last));
  }
}
