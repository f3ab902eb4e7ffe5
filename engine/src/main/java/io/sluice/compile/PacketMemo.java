package io.sluice.compile;

/**
 * Remembers the leaf of packets by two wide values, such as both addresses, and the classes of all other fields. It
 * stands before the memories of single values and of class combinations: one access where these take three, each to
 * another cache line. Here 10.0.0.1 to 10.0.0.2, other classes 0x21, leaf 9:
 *
 * <pre>
 *   slots[788] = 0a000001_0a000002 0000000021_00000a
 *                the two values    classes (40 bits), leaf + 1 (24 bits): zero is an empty slot
 * </pre>
 *
 * Ports and the like count by their class only, so that the many source ports of a client take one slot.
 */
final class PacketMemo extends Memo {

  static final int MAX_CLASS_BITS = 40;

  private static final int SLOT_BYTES = 2 * Long.BYTES;
  private static final int LEAF_BITS = 24;
  private static final long LEAF_MASK = (1L << LEAF_BITS) - 1;
  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;
  private static final long SILVER = 0xc2b2_ae3d_27d4_eb4fL;

  private final int maxSlotBits;
  private int slotBits;

  PacketMemo(long maxBytes) {
    this.maxSlotBits = maxSlotBits(maxBytes, SLOT_BYTES, 3);
    this.slotBits = Math.min(FIRST_SLOT_BITS, maxSlotBits);
    this.slots = new long[2 << slotBits];
  }

  /**
   * Writes the leaves of the packets {@code from .. from + packets - 1} to their places, something negative for those
   * not known. These are counted, and listed in {@code unknown} as numbers from 0.
   */
  int probe(int[] a, int[] b, int from, long[] classes, int packets, int[] leaves, int[] unknown) {
    return probe(slots, 64 - slotBits, a, b, from, classes, packets, leaves, unknown);
  }

  private static int probe(long[] slots, int shift, int[] a, int[] b, int from, long[] classes, int packets,
      int[] leaves, int[] unknown) {
    int missed = 0;
    for (int i = 0; i < packets; i++) {
      long values = (long) a[from + i] << 32 | b[from + i] & 0xffff_ffffL;
      long rest = classes[i];
      int slot = slot(values, rest, shift);
      // Equal classes cancel and leave leaf + 1; an empty slot or other classes leave 0 or at least 2^24.
      long found = (slots[slot + 1] ^ rest << LEAF_BITS) - 1;
      if (slots[slot] != values || Long.compareUnsigned(found, LEAF_MASK) >= 0) {
        found = probeOn(slots, slot, values, rest);
        if (found < 0) unknown[missed++] = i;
      }
      leaves[from + i] = (int) found;
    }
    return missed;
  }

  private static int slot(long values, long rest, int shift) {
    return (int) ((values ^ rest * SILVER) * GOLDEN >>> shift) << 1;
  }

  private static long probeOn(long[] slots, int first, long values, long rest) {
    for (int slot = first; slots[slot + 1] != 0; slot = slot + 2 & slots.length - 1) {
      long found = (slots[slot + 1] ^ rest << LEAF_BITS) - 1;
      if (slots[slot] == values && Long.compareUnsigned(found, LEAF_MASK) < 0) return found;
    }
    return LeafMemo.ABSENT;
  }

  /** The leaf of one packet, or {@link LeafMemo#ABSENT}. */
  int get(int a, int b, long rest) {
    long values = (long) a << 32 | b & 0xffff_ffffL;
    return (int) probeOn(slots, slot(values, rest, 64 - slotBits), values, rest);
  }

  /** Remembers a leaf unless it is known already; false if there is no room. */
  boolean put(int a, int b, long rest, int leaf) {
    if (count >= maxCount(1 << slotBits, SLOT_BYTES) && !grow()) return false;
    if (get(a, b, rest) < 0) { // else another packet of the same block was first
      insert((long) a << 32 | b & 0xffff_ffffL, rest, leaf + 1);
      count++;
    }
    return true;
  }

  private void insert(long values, long rest, long value) {
    int slot = slot(values, rest, 64 - slotBits);
    while (slots[slot + 1] != 0) slot = slot + 2 & slots.length - 1;
    slots[slot] = values;
    slots[slot + 1] = rest << LEAF_BITS | value;
  }

  private boolean grow() {
    if (slotBits == maxSlotBits) return false;
    assert isSound();
    long[] old = slots;
    slotBits++;
    slots = new long[2 << slotBits];
    for (int slot = 0; slot < old.length; slot += 2) {
      if (old[slot + 1] != 0) insert(old[slot], old[slot + 1] >>> LEAF_BITS, old[slot + 1] & LEAF_MASK);
    }
    return true;
  }

  @Override
  int slotCount() {
    return slots.length / 2;
  }

  @Override
  boolean isTaken(int slot) {
    return slots[2 * slot + 1] != 0;
  }

  @Override
  boolean isFound(int slot) {
    long values = slots[2 * slot];
    long rest = slots[2 * slot + 1];
    return get((int) (values >>> 32), (int) values, rest >>> LEAF_BITS) == (rest & LEAF_MASK) - 1;
  }

  /** The slots taken, as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder();
    for (int slot = 0; slot < slots.length; slot += 2) {
      if (slots[slot + 1] == 0) continue;
      out.append(String.format("slots[%d] = %08x_%08x %010x_%06x%n", slot, slots[slot] >>> 32, (int) slots[slot],
          slots[slot + 1] >>> LEAF_BITS, slots[slot + 1] & LEAF_MASK));
    }
    return out.toString();
  }
}
