package io.sluice.compile;

import java.util.Arrays;

/**
 * A bounded memory of answers. It doubles until it may not; then it forgets all or, when it filled up again before that
 * could have paid, stays as it is for a while and takes nothing new, as RE2 does with its states.
 */
abstract class Memo {

  /** The size to begin with: small enough that a few dozen rules stay in the first-level cache. */
  static final int FIRST_SLOT_BITS = 9;

  /**
   * Up to this size, half of a second-level cache or so, slots are used sparsely for fewer second probes: 6.0 ns a packet
   * instead of 7.8 for the access list of 1,000 rules. Above it memory is what costs.
   */
  private static final int SPARSE_BYTES = 1 << 20;

  /** A memory that fills up before each of its entries was used this often is not worth filling again at once. */
  private static final int USES_WORTH_A_FLUSH = 4;

  /** Zero where nothing is remembered. */
  long[] slots;
  int count;
  private long flushes;
  private long lookupsAtFlush;

  /** How many slots there are. */
  abstract int slotCount();

  abstract boolean isTaken(int slot);

  /** Whether what is in a slot that is taken is found there when it is asked for, and is right as far as that can be told. */
  abstract boolean isFound(int slot);

  /**
   * Whether all that is remembered is found again, and counted; otherwise an error that says what is not. Where assertions are on, as
   * in every test, this is asked before it doubles, before it forgets, and for {@link Evaluator#stats}.
   */
  final boolean isSound() {
    int taken = 0;
    for (int slot = 0; slot < slotCount(); slot++) {
      if (isTaken(slot)) {
        taken++;
        if (!isFound(slot)) throw new AssertionError(getClass().getSimpleName() + ": slot " + slot + " is not found");
      }
    }
    if (taken != count) throw new AssertionError(getClass().getSimpleName() + ": " + taken + " slots are taken by " + count);
    return true;
  }

  final long bytes() {
    return 8L * slots.length;
  }

  /** Called when there was no room, {@code lookups} into the life of the evaluator. */
  final void refused(long lookups) {
    if (isWorthFlushing(lookups)) {
      assert isSound();
      Arrays.fill(slots, 0);
      count = 0;
      flushes++;
      lookupsAtFlush = lookups;
    }
  }

  /** Whether what is in there has been used often enough, or has been kept for long enough, to make room for others. */
  final boolean isWorthFlushing(long lookups) {
    return lookups - lookupsAtFlush > (long) USES_WORTH_A_FLUSH * count;
  }

  final long flushes() {
    return flushes;
  }

  /** How many of {@code slots} slots of {@code slotBytes} may be used. */
  static int maxCount(int slots, int slotBytes) {
    return (long) slots * slotBytes <= SPARSE_BYTES ? slots >>> 2 : slots >>> 1;
  }

  /** The largest power of two of slots within {@code maxBytes}, but at least {@code 1 << leastBits}. */
  static int maxSlotBits(long maxBytes, int slotBytes, int leastBits) {
    int bits = 63 - Long.numberOfLeadingZeros(Math.max(1, maxBytes / slotBytes));
    return Math.max(leastBits, Math.min(26, bits));
  }
}
