package io.sluice.compile;

/**
 * Keys of any number of longs, each slot holding key and leaf side by side. Here two longs a key, and the
 * key 0x51 0x7 with leaf 9:
 *
 * <pre>
 *   slots[1398] = 0x51 0x7 10      key, then leaf + 1: zero is an empty slot
 * </pre>
 *
 * Only rule sets that confine many fields at once need it: see {@link NarrowLeafMemo} for the others.
 */
final class WideLeafMemo extends LeafMemo {

  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  private final int keyLongs;
  private final int stride;
  private final int maxSlotBits;
  private int slotBits;

  WideLeafMemo(int keyLongs, long maxBytes) {
    this.keyLongs = keyLongs;
    this.stride = keyLongs + 1;
    this.maxSlotBits = maxSlotBits(maxBytes, stride * Long.BYTES, 3);
    this.slotBits = Math.min(FIRST_SLOT_BITS, maxSlotBits);
    this.slots = new long[stride << slotBits];
  }

  @Override
  int probe(long[][] keys, int at, int end, int[] leaves, int to) {
    for (int i = at; i < end; i++) {
      int leaf = get(keys, i);
      if (leaf < 0) return i;
      leaves[to++] = leaf;
    }
    return end;
  }

  @Override
  int get(long[][] keys, int at) {
    return (int) slots[find(keys, at) + keyLongs] - 1;
  }

  /** Where the slot of a key begins, or the empty one it would take. */
  private int find(long[][] keys, int at) {
    long hash = 0;
    for (int k = 0; k < keyLongs; k++) hash = (hash ^ keys[k][at]) * GOLDEN;
    int slot = (int) ((hash ^ hash >>> 32) * GOLDEN >>> (64 - slotBits));
    while (slots[slot * stride + keyLongs] != 0 && !holds(slot * stride, keys, at)) {
      slot = slot + 1 & (1 << slotBits) - 1;
    }
    return slot * stride;
  }

  private boolean holds(int slot, long[][] keys, int at) {
    for (int k = 0; k < keyLongs; k++) {
      if (slots[slot + k] != keys[k][at]) return false;
    }
    return true;
  }

  @Override
  boolean put(long[][] keys, int at, int leaf) {
    if (count >= maxCount(1 << slotBits, stride * Long.BYTES) && !grow()) return false;
    int slot = find(keys, at);
    for (int k = 0; k < keyLongs; k++) slots[slot + k] = keys[k][at];
    slots[slot + keyLongs] = leaf + 1L;
    count++;
    return true;
  }

  private boolean grow() {
    if (slotBits == maxSlotBits) return false;
    assert isSound();
    long[] old = slots;
    slotBits++;
    slots = new long[stride << slotBits];
    long[][] key = new long[keyLongs][1];
    for (int slot = 0; slot < old.length; slot += stride) {
      if (old[slot + keyLongs] == 0) continue;
      for (int k = 0; k < keyLongs; k++) key[k][0] = old[slot + k];
      System.arraycopy(old, slot, slots, find(key, 0), stride);
    }
    return true;
  }

  @Override
  int slotCount() {
    return 1 << slotBits;
  }

  @Override
  boolean isTaken(int slot) {
    return slots[slot * stride + keyLongs] != 0;
  }

  @Override
  boolean isFound(int slot) {
    long[][] key = new long[keyLongs][1];
    for (int k = 0; k < keyLongs; k++) key[k][0] = slots[slot * stride + k];
    return find(key, 0) == slot * stride;
  }

  /** The slots taken, as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder();
    for (int slot = 0; slot < slots.length; slot += stride) {
      if (slots[slot + keyLongs] == 0) continue;
      out.append("slots[").append(slot).append("] =");
      for (int k = 0; k < keyLongs; k++) out.append(" 0x").append(Long.toHexString(slots[slot + k]));
      out.append(' ').append(slots[slot + keyLongs]).append('\n');
    }
    return out.toString();
  }
}
