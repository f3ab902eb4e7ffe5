package io.sluice.compile;

/**
 * Remembers the class of each value seen in a field of 33 to 128 bits. Here 2001:db8::1, in class 1:
 *
 * <pre>
 *   slots[48] = 20010db800000000 0000000000000001 2      value, then class + 1: zero is an empty slot
 * </pre>
 */
final class WideValueMemo extends Memo {

  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;
  private static final int STRIDE = 3;

  private final FieldIndex index;
  private final int word;
  private final int words;
  private final int maxSlotBits;
  private final int[] value;
  private int slotBits;
  private long learned;

  WideValueMemo(FieldIndex index, long maxBytes) {
    this.index = index;
    this.word = index.word;
    this.words = index.field.words();
    this.value = new int[word + words];
    this.maxSlotBits = maxSlotBits(maxBytes, STRIDE * Long.BYTES, 3);
    this.slotBits = Math.min(FIRST_SLOT_BITS, maxSlotBits);
    this.slots = new long[STRIDE << slotBits];
  }

  void classes(int[][] columns, int from, int valueCount, int shift, long[] keys) {
    for (int i = 0; i < valueCount; i++) {
      for (int w = word; w < word + words; w++) value[w] = columns[w][from + i];
      keys[i] |= (long) classOf(value) << shift;
    }
  }

  int classOf(int[] packet) {
    long high = 0;
    long low = 0;
    for (int w = word; w < word + words; w++) {
      high = high << 32 | low >>> 32;
      low = low << 32 | packet[w] & 0xffff_ffffL;
    }
    int slot = find(slots, slotBits, high, low);
    if (slots[slot + 2] != 0) return (int) slots[slot + 2] - 1;
    return learn(packet, high, low);
  }

  /** Where the slot of a value begins, or the empty one it would take. */
  private static int find(long[] slots, int slotBits, long high, long low) {
    long hash = (high * GOLDEN ^ low) * GOLDEN;
    int slot = (int) (hash >>> (64 - slotBits)) * STRIDE;
    while (slots[slot + 2] != 0 && (slots[slot] != high || slots[slot + 1] != low)) {
      slot += STRIDE;
      if (slot == slots.length) slot = 0;
    }
    return slot;
  }

  private int learn(int[] packet, long high, long low) {
    int classOf = index.classOf(packet);
    learned++;
    if (count < maxCount(1 << slotBits, STRIDE * Long.BYTES) || grow()) {
      insert(high, low, classOf + 1);
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
    slots = new long[STRIDE << slotBits];
    for (int slot = 0; slot < old.length; slot += STRIDE) {
      if (old[slot + 2] != 0) insert(old[slot], old[slot + 1], old[slot + 2]);
    }
    return true;
  }

  private void insert(long high, long low, long entry) {
    int slot = find(slots, slotBits, high, low);
    slots[slot] = high;
    slots[slot + 1] = low;
    slots[slot + 2] = entry;
  }

  @Override
  int slotCount() {
    return slots.length / STRIDE;
  }

  @Override
  boolean isTaken(int slot) {
    return slots[slot * STRIDE + 2] != 0;
  }

  @Override
  boolean isFound(int slot) {
    int at = slot * STRIDE;
    int[] packet = new int[word + words];
    for (int w = 0; w < words; w++) packet[word + words - 1 - w] = (int) (slots[at + 1 - w / 2] >>> w % 2 * Integer.SIZE);
    return find(slots, slotBits, slots[at], slots[at + 1]) == at && index.classOf(packet) == slots[at + 2] - 1;
  }

  /** The slots taken, as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder();
    for (int slot = 0; slot < slots.length; slot += STRIDE) {
      if (slots[slot + 2] == 0) continue;
      out.append(String.format("slots[%d] = %016x %016x %d%n", slot, slots[slot], slots[slot + 1], slots[slot + 2]));
    }
    return out.toString();
  }
}
