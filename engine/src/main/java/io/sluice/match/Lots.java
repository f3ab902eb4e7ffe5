package io.sluice.match;

import io.sluice.net.MatchState;
import java.util.SplittableRandom;

/**
 * The lots that one {@code -m statistic --mode random} draws. Somebody who watches a kernel at the same time can tell how
 * they fell there ({@link #expect}), so that both go the same way, as far as chance allows that way at all.
 */
public final class Lots implements MatchState {
  private static final long ALL = 0x8000_0000L;
  private static final int UNTOLD = -1;
  private static final int SHORTEST = 20;

  private int matching = UNTOLD;
  private long bytes;

  /**
   * From now on {@code matching} lots match, the next ones whose packets together can be {@code bytes} long, and others do
   * not.
   */
  public void expect(int matching, long bytes) {
    this.matching = matching;
    this.bytes = bytes;
  }

  /**
   * Draws one.
   *
   * @param length of the packet
   * @param share how many of 2^31 match: with none or all of them nothing that was told can change the answer
   */
  boolean draw(SplittableRandom random, long share, int length) {
    if (matching == UNTOLD || share == 0 || share == ALL) {
      return (random.nextInt() & 0x7fff_ffff) < share;
    }
    if (matching == 0 || (matching == 1 ? bytes != length : bytes < length + (matching - 1) * SHORTEST)) {
      return false;
    }
    matching--;
    bytes -= length;
    return true;
  }

  @Override
  public MatchState copy() {
    Lots copy = new Lots();
    copy.matching = matching;
    copy.bytes = bytes;
    return copy;
  }
}
