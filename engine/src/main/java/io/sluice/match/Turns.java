package io.sluice.match;

/** After how many packets alike a match answers otherwise that counts up to a bound. */
final class Turns {
  private Turns() {}

  /**
   * The packets that reach past a bound.
   *
   * @param bound unsigned
   * @param each what one of them counts
   */
  static long past(long bound, long each) {
    long packets = Long.divideUnsigned(bound, each);
    return packets < 0 || packets == Long.MAX_VALUE ? Long.MAX_VALUE : packets + 1;
  }
}
