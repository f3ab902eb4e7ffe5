package io.sluice.analysis.diff;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which elements of two lists are in both, in the same order: as many as there can be (Myers, An O(ND) difference algorithm
 * and its variations, 1986). Past {@link #MAX_EDITS} edits what is between the common beginning and the common end counts as
 * different.
 */
final class Alignment {
  private static final int MAX_EDITS = 2_000;

  private final BitSet onlyA = new BitSet();
  private final BitSet onlyB = new BitSet();

  private Alignment() {}

  static Alignment of(List<?> a, List<?> b) {
    // Equal elements get one number: numbers are compared many times.
    Map<Object, Integer> numbers = new HashMap<>();
    return of(numbered(a, numbers), numbered(b, numbers));
  }

  private static int[] numbered(List<?> list, Map<Object, Integer> numbers) {
    return list.stream().mapToInt(element -> numbers.computeIfAbsent(element, k -> numbers.size())).toArray();
  }

  private static Alignment of(int[] a, int[] b) {
    Alignment result = new Alignment();
    int head = 0;
    while (head < a.length && head < b.length && a[head] == b[head]) {
      head++;
    }
    int tail = 0;
    while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] == b[b.length - 1 - tail]) {
      tail++;
    }
    result.onlyA.set(head, a.length - tail);
    result.onlyB.set(head, b.length - tail);
    result.align(Arrays.copyOfRange(a, head, a.length - tail), Arrays.copyOfRange(b, head, b.length - tail), head);
    return result;
  }

  /** Elements of the first list that the second does not have there. */
  BitSet onlyA() {
    return onlyA;
  }

  /** Elements of the second list that the first does not have there. */
  BitSet onlyB() {
    return onlyB;
  }

  /** Marks as common what the shortest script of edits leaves alone. */
  private void align(int[] a, int[] b, int head) {
    int n = a.length;
    int m = b.length;
    int most = Math.min(n + m, MAX_EDITS);
    int middle = most + 1;
    int[] furthest = new int[2 * most + 3];
    int[][] history = new int[most + 1][];
    for (int edits = 0; edits <= most; edits++) {
      history[edits] = Arrays.copyOfRange(furthest, middle - edits - 1, middle + edits + 2);
      for (int k = -edits; k <= edits; k += 2) {
        boolean down = isDown(furthest, middle, k, edits);
        int x = down ? furthest[middle + k + 1] : furthest[middle + k - 1] + 1;
        while (x < n && x - k < m && a[x] == b[x - k]) {
          x++;
        }
        furthest[middle + k] = x;
        if (x >= n && x - k >= m) {
          markCommon(history, edits, n, m, head);
          return;
        }
      }
    }
  }

  /** Whether the furthest path on diagonal {@code k} comes from the one above: an element of B alone, not of A. */
  private static boolean isDown(int[] furthest, int middle, int k, int edits) {
    return k == -edits || k != edits && furthest[middle + k - 1] < furthest[middle + k + 1];
  }

  /** Goes the path back, edit by edit: what lies on a diagonal between two edits is common. */
  private void markCommon(int[][] history, int edits, int n, int m, int head) {
    int x = n;
    int y = m;
    for (int d = edits; d >= 0; d--) {
      int middle = d + 1;
      int k = x - y;
      boolean down = isDown(history[d], middle, k, d);
      int fromX = history[d][middle + (down ? k + 1 : k - 1)];
      int fromY = fromX - (down ? k + 1 : k - 1);
      int diagonal = down ? fromX : fromX + 1;
      while (x > diagonal) {
        x--;
        y--;
        onlyA.clear(head + x);
        onlyB.clear(head + y);
      }
      x = fromX;
      y = fromY;
    }
  }
}
