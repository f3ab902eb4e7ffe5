package io.sluice.bench.classbench;

/**
 * Packet headers as columns, with the number of the first filter that matches each.
 *
 * <pre>
 *   columns   [0] source   [1] destination   [2] source port   [3] destination port   [4] protocol
 *   expected  0-based number of the filter, or -1
 * </pre>
 */
public record Trace(int[][] columns, int[] expected) {

  public static final int COLUMNS = 5;

  public int size() {
    return expected.length;
  }

  /** The headers as rows, for callers that take one packet at a time. */
  public int[][] rows() {
    int[][] rows = new int[size()][COLUMNS];
    for (int i = 0; i < rows.length; i++) {
      for (int c = 0; c < COLUMNS; c++) rows[i][c] = columns[c][i];
    }
    return rows;
  }
}
