package io.sluice.conntrack;

/**
 * Numbers of connections by tag: an open-addressing hash table, one word a slot. The upper half is the tag, whose highest bits say
 * where its home is and whose lowest bit is the owner's; the lower half is the number, from 1. A free slot is 0.
 *
 * <p>Who finds its home taken goes to the next free slot. At most half of the slots are used; the table never shrinks. Removing
 * closes the gap by moving later entries back, so that there are no tombstones.
 *
 * <p>Beside its slot a connection may stand itself, so that who looks for it alone need not wait for the slot before it is read:
 * of a million connections one that comes alone is found in three quarters of the time (PipelineBench).
 */
final class TagTable {
  private static final int SMALLEST = 64;
  /** Slots that are swept together, and stay in the first level of cache. */
  private static final int STRETCH = 512;

  /** Read from outside, where it must be fast; changed only here, or by who puts another number or lowest bit into a slot. */
  long[] slots = new long[SMALLEST];
  /** By slot, what has the number there; null where nobody wants to know. */
  Connection[] connections;
  private int shift = Integer.numberOfLeadingZeros(SMALLEST) + 1;
  private int used;
  /** What stays of a stretch. */
  private long[] staying = new long[STRETCH];
  private Connection[] stayingConnections;

  /** @param keepsConnections whether to keep these beside their numbers */
  TagTable(boolean keepsConnections) {
    connections = keepsConnections ? new Connection[SMALLEST] : null;
    stayingConnections = keepsConnections ? new Connection[STRETCH] : null;
  }

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

  /** As {@link #touch}, what is kept beside them. */
  long touchConnections(int[] hashes, int count) {
    Connection[] connections = this.connections;
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += connections[hashes[i] << 1 >>> shift] == null ? 0 : 1;
    }
    return sum;
  }

  /** The first slot from a tag's home that has this tag, whatever its lowest bit; else a free one. */
  int first(int tag) {
    long[] slots = this.slots;
    int mask = slots.length - 1;
    int i = home(tag);
    while (slots[i] != 0 && ((int) (slots[i] >>> 32) ^ tag) >>> 1 != 0) {
      i = i + 1 & mask;
    }
    return i;
  }

  /** Whether {@code more} slots may be used. */
  boolean hasRoom(int more) {
    return (used + more) * 2 <= slots.length;
  }

  /** Whether so much is used that another sweep would have to come soon. */
  boolean isCrowded(int more) {
    return (used + more) * 8 > slots.length * 3;
  }

  void place(int tag, int number, Connection c) {
    place(slot(tag, number), c);
    used++;
  }

  private void place(long entry, Connection c) {
    long[] slots = this.slots;
    int mask = slots.length - 1;
    int i = home(tag(entry));
    while (slots[i] != 0) {
      i = i + 1 & mask;
    }
    slots[i] = entry;
    if (connections != null) {
      connections[i] = c;
    }
  }

  void grow() {
    long[] old = slots;
    Connection[] oldConnections = connections;
    slots = new long[old.length * 2];
    connections = oldConnections == null ? null : new Connection[slots.length];
    shift--;
    for (int i = 0; i < old.length; i++) {
      if (old[i] != 0) {
        place(old[i], oldConnections == null ? null : oldConnections[i]);
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
        if (connections != null) {
          connections[gap] = connections[i];
        }
        gap = i;
      }
    }
    slots[gap] = 0;
    if (connections != null) {
      connections[gap] = null;
    }
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
        place(staying[k], connections == null ? null : stayingConnections[k]);
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
      stayingConnections = connections == null ? null : new Connection[to - from];
    }
    return to;
  }

  private int takeOut(Roster roster, int from, int to) {
    long[] slots = this.slots;
    long[] staying = this.staying;
    Connection[] connections = this.connections;
    Connection[] stayingConnections = this.stayingConnections;
    int mask = slots.length - 1;
    int count = 0;
    for (int i = from; i < to; i++) {
      int at = i & mask;
      staying[count] = slots[at];
      if (connections != null) {
        stayingConnections[count] = connections[at];
        connections[at] = null;
      }
      count += roster.stays(number(slots[at]));
      slots[at] = 0;
    }
    return count;
  }
}
