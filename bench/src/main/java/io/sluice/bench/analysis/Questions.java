package io.sluice.bench.analysis;

import java.util.function.IntPredicate;

/** Says to whoever asks whether to go on that he may, and remembers the longest time between two questions. */
final class Questions implements IntPredicate {
  private long last = System.nanoTime();
  private long longest;
  private int visits;

  @Override
  public boolean test(int done) {
    long now = System.nanoTime();
    longest = Math.max(longest, now - last);
    last = now;
    visits = Math.max(visits, done);
    return true;
  }

  double longestMillis() {
    return longest / 1e6;
  }

  /** The most that had been done at a question. */
  int visits() {
    return visits;
  }
}
