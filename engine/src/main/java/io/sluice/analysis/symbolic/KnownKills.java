package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Point;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** What is known to end a way: the latest of it. */
final class KnownKills {
  /** Remembers nothing. */
  static final KnownKills NONE = new KnownKills(0);

  private final int most;
  private final Deque<Kill> kills = new ArrayDeque<>();

  /** @param most how much is remembered */
  KnownKills(int most) {
    this.most = most;
  }

  /** What ends the packet's way, if that is known. */
  Optional<Kill> at(Point packet) {
    for (Kill kill : kills) {
      if (kill.cube().contains(packet)) {
        return Optional.of(kill);
      }
    }
    return Optional.empty();
  }

  void add(Kill kill) {
    if (kills.size() == most) {
      kills.pollLast();
    }
    if (most > 0) {
      kills.addFirst(kill);
    }
  }
}
