package io.sluice.bench.classbench;

import java.util.List;

/** The first filter that matches, found by asking one after the other: what all else is checked against. */
public final class LinearScan {

  private LinearScan() {}

  public static int firstMatch(List<Filter> filters, int[] header) {
    for (int i = 0; i < filters.size(); i++) {
      if (filters.get(i).matches(header[0], header[1], header[2], header[3], header[4])) return i;
    }
    return -1;
  }
}
