package io.sluice.analysis.witness;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The attempts at one place that are worth to be repeated: some of each course and protocol that
 * come equally near, between different ends.
 */
final class Repeats {
  /** So many of one course and protocol that come equally near, and so many times as many in all. */
  private static final int FEW = 2;
  private static final int MANY = 10;
  private static final int ALIKE = 8;

  private final List<Near> near = new ArrayList<>();
  private int each = FEW;

  /**
   * One of them.
   *
   * @param nearness how near its packets have come to the rule
   * @param ofConnections whether what they have met there counts connections, or sees but the first packet of each
   * @param ofBytes whether it counts bytes, so that long packets are fewer
   */
  record Near(Attempt attempt, Scout.Nearness nearness, boolean ofConnections, boolean ofBytes) {
    private boolean isLike(Near other) {
      return nearness == other.nearness && attempt.course() == other.attempt.course()
          && attempt.transport().protocol() == other.attempt.transport().protocol();
    }

    private boolean isBetweenTheSame(Near other) {
      return isLike(other) && attempt.lane().equals(other.attempt.lane());
    }
  }

  /** Attempts are made at another place; of few of them there is time to repeat them, or of many. */
  void begin(boolean few) {
    near.clear();
    each = few ? FEW : MANY;
  }

  /** An attempt has been made, and the scout has seen its packets. */
  void note(Attempt attempt, Scout scout) {
    Near last = new Near(attempt, scout.nearness(), scout.patience().isOfConnections(), scout.patience().isOfBytes());
    if (near.stream().noneMatch(last::isBetweenTheSame) && near.stream().filter(last::isLike).count() < each) {
      near.add(last);
    }
  }

  /** Those that have come nearest. */
  List<Near> nearest() {
    return near.stream().sorted(Comparator.comparing(Near::nearness)).limit(ALIKE * each).toList();
  }
}
