package io.sluice.compile;

/** Unsigned 128-bit numbers as two longs: addresses of either family, ports and marks, compared as one kind of value. */
final class U128 {

  private U128() {}

  static int compare(long aHigh, long aLow, long bHigh, long bLow) {
    int high = Long.compareUnsigned(aHigh, bHigh);
    return high != 0 ? high : Long.compareUnsigned(aLow, bLow);
  }

  /** The upper half of {@code 2^bits - 1}. */
  static long maskHigh(int bits) {
    return bits <= 64 ? 0 : bits == 128 ? -1 : (1L << (bits - 64)) - 1;
  }

  /** The lower half of {@code 2^bits - 1}. */
  static long maskLow(int bits) {
    return bits >= 64 ? -1 : (1L << bits) - 1;
  }

  /** How many of the lowest bits are zero: 128 for zero. */
  static int trailingZeros(long high, long low) {
    return low != 0 ? Long.numberOfTrailingZeros(low) : 64 + Long.numberOfTrailingZeros(high);
  }

  /** The position of the highest set bit, -1 for zero. */
  static int highestBit(long high, long low) {
    return high != 0 ? 127 - Long.numberOfLeadingZeros(high) : 63 - Long.numberOfLeadingZeros(low);
  }

  static String toString(long high, long low) {
    return high == 0 ? Long.toUnsignedString(low) : "0x" + Long.toHexString(high) + String.format("%016x", low);
  }
}
