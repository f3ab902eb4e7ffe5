package io.sluice.compile;

/**
 * Keys of up to {@value #MAX_KEY_BITS} bits with their leaf in <em>one</em> long a slot, so that a look-up touches one
 * cache line.
 *
 * <p>A key is multiplied by an odd number modulo 2<sup>keyBits</sup>, which loses nothing, and the product is put at the
 * upper end of a long. Its first bits say where to look, so only the others need to be stored (quotienting, as in
 * Cleary, IEEE Transactions on Computers 1984), and the leaf goes where bits came free. Here keys of 12 bits, 512 slots
 * in 8 buckets of 64, and key 0x123 with leaf 9:
 *
 * <pre>
 *   product    = bdf0000000000000      101 is the bucket, 1011 1101 1 the slot, 1 1101 1111 the tag
 *   slots[379] = ef8000000000000a      tag, then leaf + 1: zero is an empty slot
 * </pre>
 *
 * A taken slot sends the key to the next of its bucket, round the end to its first. When the room is used up to
 * {@link LeafMemo#maxCount}, or a bucket is full, or a leaf needs more bits than came free, the slots double, up to the
 * bound; then {@link #put} refuses.
 */
final class NarrowLeafMemo extends LeafMemo {

  static final int MAX_KEY_BITS = 52;
  private static final int BUCKET_BITS = 6;
  private static final int BUCKET = 1 << BUCKET_BITS;
  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  private final int keyBits;
  private final long multiplier;
  private final int maxSlotBits;
  private int slotBits;

  NarrowLeafMemo(int keyBits, long maxBytes) {
    this.keyBits = Math.max(1, keyBits);
    this.multiplier = GOLDEN << (64 - this.keyBits);
    this.maxSlotBits = maxSlotBits(maxBytes, Long.BYTES, BUCKET_BITS + 1);
    this.slotBits = Math.min(FIRST_SLOT_BITS, maxSlotBits);
    this.slots = new long[1 << slotBits];
  }

  /** The number of buckets, as bits: what a tag need not hold. */
  private int skippedBits() {
    return slotBits - BUCKET_BITS;
  }

  /** Tags are above this bit. With more buckets than keys have bits nothing is left of a tag. */
  private int leafBits() {
    return Math.min(32, 64 - keyBits + skippedBits());
  }

  @Override
  int probe(long[][] keys, int at, int end, int[] leaves, int to) {
    return probe(slots, 64 - slotBits, skippedBits(), 1L << leafBits(), multiplier, keys[0], at, end, leaves, to);
  }

  private static int probe(long[] slots, int shift, int skipped, long limit, long multiplier, long[] keys, int at,
      int end, int[] leaves, int to) {
    for (int i = at; i < end; i++) {
      long product = keys[i] * multiplier;
      int slot = (int) (product >>> shift);
      long tag = product << skipped;
      // Equal tags cancel and leave leaf + 1; an empty slot or another tag leaves 0 or more than a leaf has bits.
      long found = (slots[slot] ^ tag) - 1;
      if (Long.compareUnsigned(found, limit - 1) >= 0) {
        found = probeOn(slots, slot, tag, limit);
        if (found < 0) return i;
      }
      leaves[to++] = (int) found;
    }
    return end;
  }

  private static long probeOn(long[] slots, int slot, long tag, long limit) {
    int bucket = slot & -BUCKET;
    for (int i = 0; i < BUCKET; i++) {
      long entry = slots[bucket | slot + i & BUCKET - 1];
      long found = (entry ^ tag) - 1;
      if (Long.compareUnsigned(found, limit - 1) < 0) return found;
      if (entry == 0) return ABSENT;
    }
    return ABSENT;
  }

  @Override
  int get(long[][] keys, int at) {
    long product = keys[0][at] * multiplier;
    return (int) probeOn(slots, (int) (product >>> (64 - slotBits)), product << skippedBits(), 1L << leafBits());
  }

  /** The leaf of {@code key}, or {@link #ABSENT}. */
  int get(long key) {
    long product = key * multiplier;
    return (int) probeOn(slots, (int) (product >>> (64 - slotBits)), product << skippedBits(), 1L << leafBits());
  }

  @Override
  boolean put(long[][] keys, int at, int leaf) {
    while (count >= maxCount(slots.length, Long.BYTES) || leaf + 1L >= 1L << leafBits()) {
      if (!grow()) return false;
    }
    while (!insert(keys[0][at] * multiplier, leaf + 1L)) {
      if (!grow()) return false;
    }
    count++;
    return true;
  }

  private boolean insert(long product, long value) {
    int slot = (int) (product >>> (64 - slotBits));
    int bucket = slot & -BUCKET;
    for (int i = 0; i < BUCKET; i++) {
      int next = bucket | slot + i & BUCKET - 1;
      if (slots[next] == 0) {
        slots[next] = product << skippedBits() | value;
        return true;
      }
    }
    return false;
  }

  /** Doubles the slots until every bucket has room; false if the bound does not allow it. */
  private boolean grow() {
    assert isSound();
    long[] old = slots;
    int oldBits = slotBits;
    int oldSkipped = skippedBits();
    long leafMask = (1L << leafBits()) - 1;
    while (slotBits < maxSlotBits) {
      slotBits++;
      slots = new long[1 << slotBits];
      if (insertAll(old, oldSkipped, leafMask)) return true;
    }
    slotBits = oldBits;
    slots = old;
    return false;
  }

  private boolean insertAll(long[] old, int oldSkipped, long leafMask) {
    for (int slot = 0; slot < old.length; slot++) {
      if (old[slot] == 0) continue;
      if (!insert(product(slot, old[slot] & ~leafMask, oldSkipped), old[slot] & leafMask)) return false;
    }
    return true;
  }

  /** The product whose tag is in a slot: the bits that the tag has not are the number of the slot's bucket. */
  private static long product(int slot, long tag, int skipped) {
    return tag >>> skipped | (long) (slot >>> BUCKET_BITS) << (64 - skipped);
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
    long limit = 1L << leafBits();
    long value = slots[slot] & limit - 1;
    long product = product(slot, slots[slot] - value, skippedBits());
    return probeOn(slots, (int) (product >>> (64 - slotBits)), product << skippedBits(), limit) == value - 1;
  }

  /** The slots taken, as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder();
    for (int slot = 0; slot < slots.length; slot++) {
      if (slots[slot] != 0) out.append(String.format("slots[%d] = %016x%n", slot, slots[slot]));
    }
    return out.toString();
  }
}
