package io.sluice.netfilter;

/** Virtual time: it moves when the caller (or a capture's timestamps) says so, never backwards. */
public final class Clock {
  private long nanos;

  /** Nanoseconds since the Unix epoch. */
  public long nanos() {
    return nanos;
  }

  /** Moves on to {@code nanos}; a time that has passed already changes nothing. */
  public void advanceTo(long nanos) {
    this.nanos = Math.max(this.nanos, nanos);
  }
}
