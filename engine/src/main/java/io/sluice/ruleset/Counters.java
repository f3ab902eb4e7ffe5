package io.sluice.ruleset;

/** Packet and byte counters of a rule or a policy, {@code [packets:bytes]} in text; unsigned 64 bits each. */
public record Counters(long packets, long bytes) {
  public static final Counters ZERO = new Counters(0, 0);

  public boolean isZero() {
    return packets == 0 && bytes == 0;
  }

  @Override
  public String toString() {
    return "[" + Long.toUnsignedString(packets) + ":" + Long.toUnsignedString(bytes) + "]";
  }
}
