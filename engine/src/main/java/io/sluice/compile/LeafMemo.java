package io.sluice.compile;

/** Remembers the leaf of each combination of classes seen: the product of all fields, filled on first use. */
abstract class LeafMemo {

  static final int ABSENT = -1;

  int count;
  long flushes;

  /** The memo for keys of {@code keyBits} bits that may take {@code maxBytes}. */
  static LeafMemo create(int keyBits, long maxBytes) {
    return keyBits <= NarrowLeafMemo.MAX_KEY_BITS
        ? new NarrowLeafMemo(keyBits, maxBytes) : new WideLeafMemo((keyBits + 63) >>> 6, maxBytes);
  }

  /**
   * Writes the leaves of the keys {@code keys[..][at .. end - 1]} to {@code leaves[to ...]} up to the first that is not
   * known, and returns the index of that key, or {@code end}.
   */
  abstract int probe(long[][] keys, int at, int end, int[] leaves, int to);

  /** The leaf of one key, or {@link #ABSENT}. */
  abstract int get(long[][] keys, int at);

  /** Remembers a leaf, if there is room: false if not, and then {@link #flush} makes some. */
  abstract boolean put(long[][] keys, int at, int leaf);

  abstract void flush();

  abstract long bytes();

  abstract int capacity();

  /** The size to begin with, in slots: small enough that a chain of a dozen rules stays in the first-level cache. */
  static final int FIRST_SLOT_BITS = 9;

  /** How many of {@code slots} slots of {@code slotBytes} may be used: sparse while that is cheap, for fewer probes. */
  static int maxCount(int slots, int slotBytes) {
    return (long) slots * slotBytes <= SPARSE_BYTES ? slots >>> 2 : slots >>> 1;
  }

  private static final int SPARSE_BYTES = 1 << 19;

  /** The largest power of two of slots within {@code maxBytes}, but at least {@code 1 << leastBits}. */
  static int maxSlotBits(long maxBytes, int slotBytes, int leastBits) {
    int bits = 63 - Long.numberOfLeadingZeros(Math.max(1, maxBytes / slotBytes));
    return Math.max(leastBits, Math.min(26, bits));
  }
}
