package io.sluice.match;

import java.util.ArrayList;
import java.util.List;

/** Sets of numbers in the form that {@link io.sluice.ruleset.Constraint.In} wants. */
final class Ranges {
  private Ranges() {}

  /** {@code ranges[2i] .. ranges[2i + 1]} in any order to ascending ranges; those that overlap or touch are joined. */
  static List<Long> normalize(int[] ranges) {
    List<long[]> sorted = new ArrayList<>();
    for (int i = 0; i < ranges.length; i += 2) {
      if (ranges[i] <= ranges[i + 1]) {
        sorted.add(new long[] {ranges[i], ranges[i + 1]});
      }
    }
    sorted.sort((a, b) -> Long.compare(a[0], b[0]));
    List<Long> joined = new ArrayList<>();
    for (long[] range : sorted) {
      int last = joined.size() - 1;
      if (last >= 0 && range[0] <= joined.get(last) + 1) {
        joined.set(last, Math.max(joined.get(last), range[1]));
      } else {
        joined.add(range[0]);
        joined.add(range[1]);
      }
    }
    return joined;
  }

  /** The numbers below {@code count} for which the predicate holds. */
  static List<Long> where(int count, java.util.function.IntPredicate holds) {
    int[] ranges = new int[count * 2];
    for (int i = 0; i < count; i++) {
      ranges[2 * i] = holds.test(i) ? i : 1;
      ranges[2 * i + 1] = holds.test(i) ? i : 0;
    }
    return normalize(ranges);
  }
}
