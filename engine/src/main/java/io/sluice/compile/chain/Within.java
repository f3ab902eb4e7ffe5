package io.sluice.compile.chain;

import io.sluice.compile.BoxBits;

/** The slots within whose confines one packet is, by bits. Reused from packet to packet. */
final class Within implements SlotSet {
  private final BoxBits bits;
  private final long[] row;

  Within(BoxBits bits) {
    this.bits = bits;
    this.row = new long[bits.longs()];
  }

  /** From now on the slots of the packet that is given as its words. */
  void find(int[] words) {
    bits.match(words, row);
  }

  @Override
  public int firstFrom(int slot, int none) {
    int at = slot >>> 6;
    long left = row[at] & -1L << slot;
    while (left == 0) {
      if (++at == row.length) {
        return none;
      }
      left = row[at];
    }
    return at << 6 | Long.numberOfTrailingZeros(left);
  }
}
