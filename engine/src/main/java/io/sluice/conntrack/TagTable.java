package io.sluice.conntrack;

/**
 * Numbers of connections by tag: an open-addressing hash table, one word a slot. The upper half is the tag, whose highest bits say
 * where its home is and whose lowest bit is the owner's; the lower half is the number, from 1. A free slot is 0.
 *
 * <p>Who finds its home taken goes to the next free slot. At most half of the slots are used; the table never shrinks. Removing
 * closes the gap by moving later entries back, so that there are no tombstones.
 */
final class TagTable {
  private static final int SMALLEST = 64;
  /** Slots that are swept together, and stay in the first level of cache. */
  private static final int STRETCH = 512;

  /** Read from outside, where it must be fast; changed only here, or by who puts another number or lowest bit into a slot. */
  long[] slots = new long[SMALLEST];
  private int shift = Integer.numberOfLeadingZeros(SMALLEST) + 1;
  private int used;
  /** What stays of a stretch. */
  private long[] staying = new long[STRETCH];

  static int tag(long slot) {
    return (int) (slot >>> 32);
  }

  static int number(long slot) {
    return (int) slot;
  }

  static long slot(int tag, int number) {
    return (long) tag << 32 | number;
  }

  int home(int tag) {
    return tag >>> shift;
  }

  /** The slot behind, which follows the last one. */
  int next(int slot) {
    return slot + 1 & slots.length - 1;
  }

  /** Reads the homes of tags; the sum has no meaning. */
  long touch(int[] hashes, int count) {
    long[] slots = this.slots;
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += slots[hashes[i] << 1 >>> shift];
    }
    return sum;
  }

  /** The first slot from a tag's home that has this tag, whatever its lowest bit; else a free one: 0. */
  long first(int tag) {
    long[] slots = this.slots;
    int mask = slots.length - 1;
    int i = home(tag);
    long entry = slots[i];
    while (entry != 0 && ((int) (entry >>> 32) ^ tag) >>> 1 != 0) {
      entry = slots[i = i + 1 & mask];
    }
    return entry;
  }

  /** Whether {@code more} slots may be used. */
  boolean hasRoom(int more) {
    return (used + more) * 2 <= slots.length;
  }

  /** Whether so much is used that another sweep would have to come soon. */
  boolean isCrowded(int more) {
    return (used + more) * 8 > slots.length * 3;
  }

  void place(int tag, int number) {
    place(slot(tag, number));
    used++;
  }

  private void place(long entry) {
    long[] slots = this.slots;
    int mask = slots.length - 1;
    int i = home(tag(entry));
    while (slots[i] != 0) {
      i = i + 1 & mask;
    }
    slots[i] = entry;
  }

  void grow() {
    long[] old = slots;
    slots = new long[old.length * 2];
    shift--;
    for (long entry : old) {
      if (entry != 0) {
        place(entry);
      }
    }
  }

  /** Frees a slot, or rather the one that is left when entries behind it have moved up. */
  void close(int slot) {
    long[] slots = this.slots;
    int mask = slots.length - 1;
    int gap = slot;
    int i = slot;
    for (long entry = slots[i = i + 1 & mask]; entry != 0; entry = slots[i = i + 1 & mask]) {
      // An entry may move back to the gap unless its home lies behind the gap, cyclically.
      if ((i - home(tag(entry)) & mask) >= (i - gap & mask)) {
        slots[gap] = entry;
        gap = i;
      }
    }
    slots[gap] = 0;
    used--;
  }

  /**
   * Throws out the numbers that the roster has marked: one way through the slots, in stretches between free ones, so that nobody's
   * home is in another stretch. In each, what stays is taken out, without a branch that would be foretold wrongly as often as not,
   * and put back.
   */
  void sweep(Roster roster) {
    int start = 0;
    while (slots[start] != 0) {
      start++;
    }
    int end = start + slots.length;
    used = 0;
    for (int from = start, to; from < end; from = to) {
      to = stretch(from, end);
      int count = takeOut(roster, from, to);
      for (int k = 0; k < count; k++) {
        place(staying[k]);
      }
      used += count;
    }
  }

  /** Where a stretch of some length ends, in front of a free slot. */
  private int stretch(int from, int end) {
    int mask = slots.length - 1;
    int to = Math.min(from + STRETCH, end);
    while (to < end && slots[to & mask] != 0) {
      to++;
    }
    if (to - from > staying.length) {
      staying = new long[to - from];
    }
    return to;
  }

  private int takeOut(Roster roster, int from, int to) {
    long[] slots = this.slots;
    long[] staying = this.staying;
    int mask = slots.length - 1;
    int count = 0;
    for (int i = from; i < to; i++) {
      long entry = slots[i & mask];
      slots[i & mask] = 0;
      staying[count] = entry;
      count += roster.stays(number(entry));
    }
    return count;
  }
}
