package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntArrays;
import it.unimi.dsi.fastutil.ints.IntList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the cubes that have packets in common with another one: those of the axis on which fewest may are looked at.
 *
 * <p>On each axis a cube has a span, from its first value to its last. The spans are sorted by where they begin; the middle one
 * of a part of them knows which of the part ends last, so that parts that end too early are passed over:
 *
 * <pre>
 *   spans sorted by their first value    10:19   12:12   20:29   25:90   40:49
 *   latest end in the middle's part                       25:90                    all five
 *                                                12:12            40:49            left and right of it
 * </pre>
 */
public final class CubeIndex {
  private final List<Cube> cubes;
  private final Map<Axis, Spans> axes = new HashMap<>();

  public CubeIndex(List<Cube> cubes) {
    this.cubes = cubes;
    Map<Axis, IntArrayList> confined = new HashMap<>();
    for (int i = 0; i < cubes.size(); i++) {
      for (int k = 0; k < cubes.get(i).size(); k++) {
        confined.computeIfAbsent(cubes.get(i).axis(k), axis -> new IntArrayList()).add(i);
      }
    }
    confined.forEach((axis, ids) -> axes.put(axis, new Spans(axis, ids)));
  }

  /** The places, ascending, in the list of the cubes that have a packet in common with {@code cube}. */
  public IntList intersecting(Cube cube) {
    Spans best = null;
    ValueSet values = null;
    int fewest = cubes.size();
    for (int i = 0; i < cube.size(); i++) {
      Spans spans = axes.get(cube.axis(i));
      int count = spans == null ? fewest : spans.count(cube.set(i));
      if (count < fewest) {
        fewest = count;
        best = spans;
        values = cube.set(i);
      }
    }
    IntArrayList found = new IntArrayList();
    if (best != null) {
      best.collect(values, found);
      found.sort(null);
    } else {
      for (int i = 0; i < cubes.size(); i++) {
        found.add(i);
      }
    }
    found.removeIf(id -> !cubes.get(id).intersects(cube));
    return found;
  }

  /** The spans of all cubes on one axis. */
  private final class Spans {
    private final Axis axis;
    /** The cubes with any value, ascending. */
    private final IntArrayList free = new IntArrayList();
    private final int[] byFirst;
    private final int[] byLast;
    /** In the middle of each part of {@link #byFirst}: the cube of the part that ends last. */
    private final int[] latest;

    Spans(Axis axis, IntArrayList confined) {
      this.axis = axis;
      for (int i = 0, next = 0; i < cubes.size(); i++) {
        if (next < confined.size() && confined.getInt(next) == i) {
          next++;
        } else {
          free.add(i);
        }
      }
      byFirst = confined.toIntArray();
      byLast = byFirst.clone();
      IntArrays.quickSort(byFirst, (a, b) -> Values.compare(set(a).firstHigh(0), set(a).firstLow(0), set(b).firstHigh(0), set(b).firstLow(0)));
      IntArrays.quickSort(byLast, this::compareLast);
      latest = new int[byFirst.length];
      if (byFirst.length > 0) {
        findLatest(0, byFirst.length);
      }
    }

    private ValueSet set(int id) {
      return cubes.get(id).values(axis);
    }

    private int compareLast(int a, int b) {
      return Values.compare(lastHigh(set(a)), lastLow(set(a)), lastHigh(set(b)), lastLow(set(b)));
    }

    private int findLatest(int from, int to) {
      int middle = from + to >>> 1;
      int last = byFirst[middle];
      if (from < middle) {
        last = later(last, findLatest(from, middle));
      }
      if (middle + 1 < to) {
        last = later(last, findLatest(middle + 1, to));
      }
      latest[middle] = last;
      return last;
    }

    private int later(int a, int b) {
      return compareLast(a, b) >= 0 ? a : b;
    }

    /** How many cubes may have one of the values: those that begin before the last of them, less those that end before the first. */
    int count(ValueSet values) {
      int begun = 0;
      for (int to = byFirst.length; begun < to; ) {
        int middle = begun + to >>> 1;
        if (beginsBehind(byFirst[middle], values)) {
          to = middle;
        } else {
          begun = middle + 1;
        }
      }
      int ended = 0;
      for (int to = byLast.length; ended < to; ) {
        int middle = ended + to >>> 1;
        if (endsBefore(byLast[middle], values)) {
          ended = middle + 1;
        } else {
          to = middle;
        }
      }
      return free.size() + begun - ended;
    }

    private boolean beginsBehind(int id, ValueSet values) {
      return Values.compare(set(id).firstHigh(0), set(id).firstLow(0), lastHigh(values), lastLow(values)) > 0;
    }

    private boolean endsBefore(int id, ValueSet values) {
      return Values.compare(lastHigh(set(id)), lastLow(set(id)), values.firstHigh(0), values.firstLow(0)) < 0;
    }

    void collect(ValueSet values, IntArrayList found) {
      found.addAll(free);
      collect(0, byFirst.length, values, found);
    }

    private void collect(int from, int to, ValueSet values, IntArrayList found) {
      int middle = from + to >>> 1;
      if (from >= to || endsBefore(latest[middle], values)) {
        return;
      }
      collect(from, middle, values, found);
      if (!beginsBehind(byFirst[middle], values)) {
        if (!endsBefore(byFirst[middle], values)) {
          found.add(byFirst[middle]);
        }
        collect(middle + 1, to, values, found);
      }
    }
  }

  private static long lastHigh(ValueSet set) {
    return set.lastHigh(set.rangeCount() - 1);
  }

  private static long lastLow(ValueSet set) {
    return set.lastLow(set.rangeCount() - 1);
  }
}
