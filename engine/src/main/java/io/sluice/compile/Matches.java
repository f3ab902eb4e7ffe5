package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;

/** The ids found for one packet; reused for the next. */
final class Matches {

  private static final int SMALL = 32;

  int[] ids = new int[64];
  int count;
  /** The least position of a final rule found so far: what comes after it does not matter. */
  int cut;

  void clear() {
    count = 0;
    cut = Integer.MAX_VALUE;
  }

  void add(int id) {
    if (count == ids.length) ids = Arrays.copyOf(ids, 2 * count);
    ids[count++] = id;
  }

  /** Drops what is after the cut and puts the rest in rule order. */
  void sort(int[] position) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (position[ids[i]] <= cut) ids[kept++] = ids[i];
    }
    count = kept;
    if (count > SMALL) {
      IntArrays.quickSort(ids, 0, count, (a, b) -> Integer.compare(position[a], position[b]));
      return;
    }
    for (int i = 1; i < count; i++) {
      int id = ids[i];
      int at = i;
      for (; at > 0 && position[ids[at - 1]] > position[id]; at--) ids[at] = ids[at - 1];
      ids[at] = id;
    }
  }
}
