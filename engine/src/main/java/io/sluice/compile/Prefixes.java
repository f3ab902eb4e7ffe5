package io.sluice.compile;

/** Cuts ranges into the aligned blocks that prefixes describe: {@code 1..6} of three bits is 001, 01x, 10x, 110. */
final class Prefixes {

  private Prefixes() {}

  /** Takes the block of the values that begin with the first {@code length} bits of {@code high:low}. */
  interface Sink {
    void accept(long high, long low, int length);
  }

  /** Gives {@code sink} the fewest blocks that make up {@code set}, ascending: at most {@code 2 bits - 2} a range. */
  static void cut(ValueSet set, int bits, Sink sink) {
    for (int i = 0; i < set.rangeCount(); i++) {
      cut(set.firstHigh(i), set.firstLow(i), set.lastHigh(i), set.lastLow(i), bits, sink);
    }
  }

  private static void cut(long firstHigh, long firstLow, long lastHigh, long lastLow, int bits, Sink sink) {
    long high = firstHigh;
    long low = firstLow;
    while (U128.compare(high, low, lastHigh, lastLow) <= 0) {
      // The largest block that is aligned here and does not pass the end: 2^k values, k <= the zeros at the end of
      // the start and 2^k <= (last - start + 1), which only wraps to zero when all 2^128 values are meant.
      long countLow = lastLow - low + 1;
      long countHigh = lastHigh - high - (Long.compareUnsigned(lastLow, low) < 0 ? 1 : 0) + (countLow == 0 ? 1 : 0);
      int fits = countHigh == 0 && countLow == 0 ? 128 : U128.highestBit(countHigh, countLow);
      int k = Math.min(Math.min(U128.trailingZeros(high, low), bits), fits);
      sink.accept(high, low, bits - k);
      long stepLow = k >= 64 ? 0 : 1L << k;
      long stepHigh = k < 64 ? 0 : k == 128 ? 0 : 1L << (k - 64);
      long nextLow = low + stepLow;
      long nextHigh = high + stepHigh + (Long.compareUnsigned(nextLow, low) < 0 ? 1 : 0);
      if (U128.compare(nextHigh, nextLow, high, low) <= 0) return; // wrapped: that was the last block
      high = nextHigh;
      low = nextLow;
    }
  }
}
