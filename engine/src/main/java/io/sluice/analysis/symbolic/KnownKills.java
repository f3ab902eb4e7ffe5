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
    return kills.stream().filter(kill -> kill.cube().contains(packet)).findFirst();
  }

  void add(Kill kill) {
    kills.addFirst(kill);
    if (kills.size() > most) {
      kills.removeLast();
    }
  }
}
