package io.sluice.compile;

/** Remembers the leaf of each combination of classes seen: the product of all fields, filled on first use. */
abstract class LeafMemo extends Memo {

  static final int ABSENT = -1;

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

  /** Remembers a leaf that was absent, if there is room: false if not. */
  abstract boolean put(long[][] keys, int at, int leaf);
}
