package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Packets that have a value of a given set on each of some axes, and any value on the others. Never empty: an intersection
 * that is empty is no cube.
 *
 * <pre>
 *   -i eth0 -p tcp --dport 80:81
 *   axes  [ in-interface | protocol | destination port ]     ascending
 *   sets  [      2       |    6     |      80:81       ]     none of them empty or full
 * </pre>
 */
public final class Cube {

  private static final Cube ALL = new Cube(new Axis[0], new ValueSet[0]);

  private final Axis[] axes;
  private final ValueSet[] sets;

  private Cube(Axis[] axes, ValueSet[] sets) {
    this.axes = axes;
    this.sets = sets;
  }

  /** Every packet. */
  public static Cube all() {
    return ALL;
  }

  /** This cube with {@code axis} confined to {@code set} as well; null if nothing is left. */
  public Cube with(Axis axis, ValueSet set) {
    int at = find(axis);
    if (at >= 0) {
      ValueSet both = sets[at].intersection(set);
      return both == sets[at] || both.equals(sets[at]) ? this : both.isEmpty() ? null : put(at, both);
    }
    if (set.isEmpty()) {
      return null;
    }
    return set.isFull(axis.bits()) ? this : insert(-at - 1, axis, set);
  }

  private Cube put(int at, ValueSet set) {
    ValueSet[] copy = sets.clone();
    copy[at] = set;
    return new Cube(axes, copy);
  }

  private Cube insert(int at, Axis axis, ValueSet set) {
    Axis[] newAxes = new Axis[axes.length + 1];
    ValueSet[] newSets = new ValueSet[axes.length + 1];
    System.arraycopy(axes, 0, newAxes, 0, at);
    System.arraycopy(sets, 0, newSets, 0, at);
    newAxes[at] = axis;
    newSets[at] = set;
    System.arraycopy(axes, at, newAxes, at + 1, axes.length - at);
    System.arraycopy(sets, at, newSets, at + 1, axes.length - at);
    return new Cube(newAxes, newSets);
  }

  /** This cube without the packets that have a value of {@code set} on {@code axis}; null if nothing is left. */
  private Cube outside(Axis axis, ValueSet set) {
    int at = find(axis);
    if (at < 0) {
      return insert(-at - 1, axis, set.complement(axis.bits()));
    }
    ValueSet left = sets[at].minus(set);
    return left == sets[at] ? this : left.isEmpty() ? null : put(at, left);
  }

  /** This cube with {@code axis} free. */
  public Cube without(Axis axis) {
    int at = find(axis);
    if (at < 0) {
      return this;
    }
    List<Axis> keptAxes = new ArrayList<>(Arrays.asList(axes));
    List<ValueSet> keptSets = new ArrayList<>(Arrays.asList(sets));
    keptAxes.remove(at);
    keptSets.remove(at);
    return new Cube(keptAxes.toArray(Axis[]::new), keptSets.toArray(ValueSet[]::new));
  }

  /** What is in both cubes; null if nothing is. */
  public Cube and(Cube other) {
    if (other.axes.length == 0 || this == other) {
      return this;
    }
    Cube both = this;
    for (int i = 0; i < other.axes.length && both != null; i++) {
      both = both.with(other.axes[i], other.sets[i]);
    }
    return both;
  }

  /** Whether some packet is in both. */
  public boolean intersects(Cube other) {
    int a = 0;
    int b = 0;
    while (a < axes.length && b < other.axes.length) {
      int order = Integer.compare(axes[a].index(), other.axes[b].index());
      if (order == 0) {
        if (!sets[a++].intersects(other.sets[b++])) {
          return false;
        }
      } else if (order < 0) {
        a++;
      } else {
        b++;
      }
    }
    return true;
  }

  /** Whether every packet of {@code other} is in this cube. */
  public boolean containsAll(Cube other) {
    for (int i = 0; i < axes.length; i++) {
      int at = other.find(axes[i]);
      if (at < 0 || !sets[i].containsAll(other.sets[at])) {
        return false;
      }
    }
    return true;
  }

  public boolean contains(Point point) {
    for (int i = 0; i < axes.length; i++) {
      int index = axes[i].index();
      if (!sets[i].contains(point.high(index), point.low(index))) {
        return false;
      }
    }
    return true;
  }

  /**
   * The packets of this cube that are not in {@code other}, as disjoint cubes: one for each axis of {@code other} that
   * cuts something off.
   */
  public List<Cube> minus(Cube other) {
    return intersects(other) ? minus(other, null) : List.of(this);
  }

  /**
   * As {@link #minus}, cut along the axis first on which {@code other} has least of this cube: what is left is nearly all in one
   * piece, and the others are as small as {@code other}.
   */
  public List<Cube> minusBySize(Cube other) {
    return intersects(other) ? minus(other, bySize(other)) : List.of(this);
  }

  /**
   * The pieces in the order of the axes, whichever are cut first.
   *
   * @param order the axes in the order of cutting; null for the order that they have
   */
  private List<Cube> minus(Cube other, int[] order) {
    Cube[] pieces = new Cube[other.axes.length];
    int count = 0;
    Cube rest = this;
    for (int cut = 0; cut < pieces.length; cut++) {
      int i = order == null ? cut : order[cut];
      pieces[i] = rest.outside(other.axes[i], other.sets[i]);
      if (pieces[i] != null) {
        rest = rest.with(other.axes[i], other.sets[i]);
        count++;
      }
    }
    Cube[] some = new Cube[count];
    for (int i = pieces.length - 1; i >= 0; i--) {
      if (pieces[i] != null) {
        some[--count] = pieces[i];
      }
    }
    return List.of(some);
  }

  /** The axes of {@code other}, that first on which it has the least part of this cube. */
  private int[] bySize(Cube other) {
    double[] shares = new double[other.axes.length];
    for (int i = 0; i < shares.length; i++) {
      ValueSet mine = values(other.axes[i]);
      shares[i] = mine == null ? other.sets[i].size() / Math.pow(2, other.axes[i].bits())
          : mine.equals(other.sets[i]) ? 1 : mine.intersection(other.sets[i]).size() / mine.size();
    }
    return IntStream.range(0, shares.length).boxed().sorted(Comparator.comparingDouble(i -> shares[i])).mapToInt(i -> i).toArray();
  }

  /**
   * A part of this cube that has {@code point}, which is in this cube, and nothing of {@code other}, in which the point is
   * not: cut along the one axis that costs least.
   */
  public Cube avoiding(Cube other, Point point) {
    if (!intersects(other)) {
      return this;
    }
    Cube best = null;
    double bestShare = -1;
    for (int i = 0; i < other.axes.length; i++) {
      Axis axis = other.axes[i];
      if (!other.sets[i].contains(point.high(axis.index()), point.low(axis.index()))) {
        ValueSet mine = values(axis);
        Cube outside = outside(axis, other.sets[i]);
        double before = mine == null ? Math.pow(2, axis.bits()) : mine.size();
        double share = outside.values(axis).size() / before;
        if (share > bestShare) {
          bestShare = share;
          best = outside;
        }
      }
    }
    if (best == null) {
      throw new IllegalArgumentException("the point is in what is to be avoided: " + other);
    }
    return best;
  }

  /** How much of all values, on all axes together, the cube has: 1 for every packet. */
  public double share() {
    double share = 1;
    for (int i = 0; i < axes.length; i++) {
      share *= sets[i].size() / Math.pow(2, axes[i].bits());
    }
    return share;
  }

  /** The values on {@code axis}; null where it is free. */
  public ValueSet values(Axis axis) {
    int at = find(axis);
    return at < 0 ? null : sets[at];
  }

  /** How many axes are confined. */
  public int size() {
    return axes.length;
  }

  /** The {@code i}th confined axis, in the order of the space. */
  public Axis axis(int i) {
    return axes[i];
  }

  /** The values on the {@code i}th confined axis. */
  public ValueSet set(int i) {
    return sets[i];
  }

  private int find(Axis axis) {
    int low = 0;
    int high = axes.length - 1;
    while (low <= high) {
      int middle = low + high >>> 1;
      int index = axes[middle].index();
      if (index == axis.index()) {
        return middle;
      }
      if (index < axis.index()) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || other instanceof Cube cube && Arrays.equals(axes, cube.axes) && Arrays.equals(sets, cube.sets);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(axes) * 31 + Arrays.hashCode(sets);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < axes.length; i++) {
      text.append(i == 0 ? "" : "; ").append(axes[i].name()).append(' ').append(sets[i]);
    }
    return text.append('}').toString();
  }
}
