package io.sluice.net;

/** What one stateful match or target in one rule remembers between packets (a token bucket, a counter). Mutable. */
public interface MatchState {
  /** An independent copy, for a what-if that must not disturb the original. */
  MatchState copy();
}
