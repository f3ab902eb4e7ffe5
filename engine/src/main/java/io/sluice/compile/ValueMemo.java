package io.sluice.compile;

/**
 * Remembers the class of each value seen in a field of 17 to 32 bits, value and class in one long. Here 10.0.0.1, in
 * class 1, and 10.0.0.2, in class 0:
 *
 * <pre>
 *   slots[236] = 0a000002_00000001      value, then class + 1: zero is an empty slot
 *   slots[432] = 0a000001_00000002
 * </pre>
 *
 * One cache line a value, where a trie of 16, 8 and 8 bits takes three and at 100,000 rules no longer fits any cache. A
 * value not seen before costs a search of its {@link FieldIndex}.
 */
final class ValueMemo extends Memo {

  private static final int GOLDEN = 0x9e37_79b9;

  private final FieldIndex index;
  private final int maxSlotBits;
  private int slotBits;
  /** Values that were searched for: the clock by which a full memory is flushed. */
  private long learned;

  ValueMemo(FieldIndex index, long maxBytes) {
    this.index = index;
    this.maxSlotBits = maxSlotBits(maxBytes, Long.BYTES, 3);
    this.slotBits = Math.min(FIRST_SLOT_BITS, maxSlotBits);
    this.slots = new long[1 << slotBits];
  }

  /** Adds the classes of {@code values[from .. from + count - 1]}, shifted, to the first {@code count} keys. */
  void classes(int[] values, int from, int valueCount, int shift, long[] keys) {
    int at = 0;
    while ((at = classes(slots, 32 - slotBits, values, from, at, valueCount, shift, keys)) < valueCount) {
      keys[at] |= (long) learn(values[from + at]) << shift;
      at++;
    }
  }

  private static int classes(long[] slots, int slotShift, int[] values, int from, int at, int valueCount, int shift,
      long[] keys) {
    for (int i = at; i < valueCount; i++) {
      int value = values[from + i];
      int slot = (value * GOLDEN) >>> slotShift;
      // Equal values cancel and leave class + 1. An empty slot or another value leaves 0 or at least 2^32, which
      // less one has bit 31 or a higher one set.
      long found = (slots[slot] ^ (long) value << 32) - 1;
      if (found >>> 31 != 0) {
        found = probeOn(slots, slot, value);
        if (found < 0) return i;
      }
      keys[i] |= found << shift;
    }
    return valueCount;
  }

  private static long probeOn(long[] slots, int first, int value) {
    int slot = first;
    while (slots[slot] != 0) {
      long found = (slots[slot] ^ (long) value << 32) - 1;
      if (found >>> 31 == 0) return found;
      slot = slot + 1 & slots.length - 1;
    }
    return -1;
  }

  int classOf(int value) {
    int slot = (value * GOLDEN) >>> (32 - slotBits);
    long found = (slots[slot] ^ (long) value << 32) - 1;
    if (found >>> 31 == 0) return (int) found;
    found = probeOn(slots, slot, value);
    return found >= 0 ? (int) found : learn(value);
  }

  private int learn(int value) {
    int classOf = index.classOf(value);
    learned++;
    if (count < maxCount(slots.length, Long.BYTES) || grow()) {
      insert((long) value << 32 | classOf + 1);
      count++;
    } else {
      refused(learned);
    }
    return classOf;
  }

  private boolean grow() {
    if (slotBits == maxSlotBits) return false;
    assert isSound();
    long[] old = slots;
    slotBits++;
    slots = new long[1 << slotBits];
    for (long entry : old) {
      if (entry != 0) insert(entry);
    }
    return true;
  }

  private void insert(long entry) {
    int slot = ((int) (entry >>> 32) * GOLDEN) >>> (32 - slotBits);
    while (slots[slot] != 0) slot = slot + 1 & slots.length - 1;
    slots[slot] = entry;
  }

  @Override
  int slotCount() {
    return slots.length;
  }

  @Override
  boolean isTaken(int slot) {
    return slots[slot] != 0;
  }

  @Override
  boolean isFound(int slot) {
    int value = (int) (slots[slot] >>> 32);
    long found = probeOn(slots, (value * GOLDEN) >>> (32 - slotBits), value);
    return found == (int) slots[slot] - 1 && found == index.classOf(value);
  }

  /** The slots taken, as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder();
    for (int slot = 0; slot < slots.length; slot++) {
      if (slots[slot] != 0) out.append(String.format("slots[%d] = %08x_%08x%n", slot, slots[slot] >>> 32, (int) slots[slot]));
    }
    return out.toString();
  }
}
