package io.sluice.match;

import io.sluice.host.FlowKey;
import io.sluice.net.MatchState;

/** A reusable key for a match that looks up routes. It remembers nothing between packets. */
final class FlowKeyState implements MatchState {
  private final FlowKey key = new FlowKey();

  FlowKey key() {
    return key;
  }

  @Override
  public MatchState copy() {
    return new FlowKeyState();
  }
}
