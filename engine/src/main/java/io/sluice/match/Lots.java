package io.sluice.match;

import io.sluice.net.MatchState;
import java.util.List;
import java.util.Set;
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
  private List<Integer> lengths = List.of();
  private Set<Integer> passedOver = Set.of();
  private int chances;

  /**
   * From now on {@code matching} lots match, the next ones whose packets together can be {@code bytes} long, and others do
   * not.
   *
   * @param lengths of those packets, in order; empty where it is not known
   * @param passedOver which of the lots that could match do not, by number from 0: others are to have matched in their place
   */
  public void expect(int matching, long bytes, List<Integer> lengths, Set<Integer> passedOver) {
    this.matching = matching;
    this.bytes = bytes;
    this.lengths = List.copyOf(lengths);
    this.passedOver = Set.copyOf(passedOver);
    this.chances = 0;
  }

  /** How many lots could have matched since {@link #expect} was called last. */
  public int chances() {
    return chances;
  }

  /** Whether all that were to match since then have been drawn. */
  public boolean isDrawn() {
    return matching <= 0;
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
    if (matching == 0 || !canBeNext(length) || passedOver.contains(chances++)) {
      return false;
    }
    matching--;
    bytes -= length;
    return true;
  }

  private boolean canBeNext(int length) {
    if (lengths.size() >= matching) {
      return lengths.get(lengths.size() - matching) == length;
    }
    return matching == 1 ? bytes == length : bytes >= length + (matching - 1) * SHORTEST;
  }

  @Override
  public MatchState copy() {
    Lots copy = new Lots();
    copy.matching = matching;
    copy.bytes = bytes;
    copy.lengths = lengths;
    copy.passedOver = passedOver;
    copy.chances = chances;
    return copy;
  }
}
