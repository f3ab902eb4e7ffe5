package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The sets of values that rules name on one axis: to know which values are special and which are not. */
final class Values {
  /** Gaps that are looked through for a value that few rules name. */
  private static final int MAX_RANGES = 64;

  private final Axis axis;
  private final Set<ValueSet> sets = new HashSet<>();
  private ValueSet named;

  Values(Axis axis) {
    this.axis = axis;
  }

  void note(ValueSet set) {
    if (sets.add(set)) {
      named = null;
    }
  }

  /** Sets the point's value to one of {@code allowed} (null: any): if possible one that no rule names. */
  void pick(ValueSet allowed, long[] preferred, Point point) {
    if (named == null) {
      named = ValueSet.union(List.copyOf(narrow()));
    }
    for (long value : preferred) {
      if ((allowed == null || allowed.contains(value)) && !named.contains(value)) {
        point.set(axis, 0, value);
        return;
      }
    }
    ValueSet unnamed = named.complement(axis.bits());
    ValueSet quiet = allowed == null ? unnamed : allowed.intersection(unnamed);
    if (!quiet.isEmpty() && preferred.length == 0) {
      int middle = Math.min(quiet.rangeCount(), MAX_RANGES) / 2;
      point.set(axis, quiet.firstHigh(middle), quiet.firstLow(middle));
      return;
    }
    for (long value : preferred) {
      if (allowed == null || allowed.contains(value)) {
        point.set(axis, 0, value);
        return;
      }
    }
    if (allowed == null) {
      point.set(axis, 0, 0);
    } else {
      point.setFirst(axis, allowed);
    }
  }

  /** What is named as one of few: a set of more than half of all values names the others. */
  private List<ValueSet> narrow() {
    double half = Math.pow(2, axis.bits() - 1);
    List<ValueSet> narrow = new ArrayList<>();
    for (ValueSet set : sets) {
      narrow.add(set.size() > half ? set.complement(axis.bits()) : set);
    }
    return narrow;
  }
}
