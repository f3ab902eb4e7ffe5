package io.sluice.bench.classbench;

import java.util.List;

/** The first filter that matches, found by asking one after the other: what all else is checked against. */
public final class LinearScan {

  /** Two ints a column: its first value and how far the last is from it. */
  private static final int STRIDE = 2 * Trace.COLUMNS;

  private final int[] bounds;

  private LinearScan(int[] bounds) {
    this.bounds = bounds;
  }

  public static LinearScan of(List<Filter> filters) {
    int[] bounds = new int[filters.size() * STRIDE];
    int at = 0;
    for (Filter filter : filters) {
      at = add(bounds, at, filter.source(), filter.source() | host(filter.sourceLength()));
      at = add(bounds, at, filter.destination(), filter.destination() | host(filter.destinationLength()));
      at = add(bounds, at, filter.sourcePortLow(), filter.sourcePortHigh());
      at = add(bounds, at, filter.destinationPortLow(), filter.destinationPortHigh());
      at = filter.protocolMask() == 0 ? add(bounds, at, 0, 255) : add(bounds, at, filter.protocol(), filter.protocol());
    }
    return new LinearScan(bounds);
  }

  private static int host(int length) {
    return length == 32 ? 0 : -1 >>> length;
  }

  /** A bound and the distance to the other: an unsigned comparison then takes both. */
  private static int add(int[] bounds, int at, int low, int high) {
    bounds[at] = low;
    bounds[at + 1] = high - low + Integer.MIN_VALUE;
    return at + 2;
  }

  public int firstMatch(int source, int destination, int sourcePort, int destinationPort, int protocol) {
    return firstMatch(bounds, source, destination, sourcePort, destinationPort, protocol);
  }

  private static int firstMatch(int[] bounds, int source, int destination, int sourcePort, int destinationPort,
      int protocol) {
    for (int at = 0; at < bounds.length; at += STRIDE) {
      if (destination - bounds[at + 2] + Integer.MIN_VALUE <= bounds[at + 3]
          && source - bounds[at] + Integer.MIN_VALUE <= bounds[at + 1]
          && destinationPort - bounds[at + 6] + Integer.MIN_VALUE <= bounds[at + 7]
          && sourcePort - bounds[at + 4] + Integer.MIN_VALUE <= bounds[at + 5]
          && protocol - bounds[at + 8] + Integer.MIN_VALUE <= bounds[at + 9]) {
        return at / STRIDE;
      }
    }
    return -1;
  }

  /** The answers for headers in the columns of a {@link Trace}. */
  public int[] firstMatches(int[][] columns) {
    int[] answers = new int[columns[0].length];
    for (int i = 0; i < answers.length; i++) {
      answers[i] = firstMatch(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i]);
    }
    return answers;
  }
}
