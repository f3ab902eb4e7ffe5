package io.sluice.match;

import io.sluice.net.MatchState;
import java.util.ArrayList;
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
  private Set<Integer> turned = Set.of();
  private List<Boolean> drawn = new ArrayList<>();

  /**
   * From now on {@code matching} lots match, the next ones whose packets together can be {@code bytes} long, and others do
   * not.
   *
   * @param lengths of those packets, in order; empty where it is not known
   * @param turned which lots fall the other way, by number from 0. One that would match is passed over: another is to have
   *     matched in its place. One that would not match does so unseen: another match of its rule lets the packet by
   */
  public void expect(int matching, long bytes, List<Integer> lengths, Set<Integer> turned) {
    this.matching = matching;
    this.bytes = bytes;
    this.lengths = List.copyOf(lengths);
    this.turned = Set.copyOf(turned);
    this.drawn = new ArrayList<>();
  }

  /** How the lots that chance has a say in have fallen since {@link #expect} was called last, in order. */
  public List<Boolean> drawn() {
    return drawn;
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
    boolean next = matching > 0 && canBeNext(length);
    boolean match = next != turned.contains(drawn.size());
    drawn.add(match);
    if (match && next) {
      matching--;
      bytes -= length;
    }
    return match;
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
    copy.turned = turned;
    copy.drawn = new ArrayList<>(drawn);
    return copy;
  }
}
