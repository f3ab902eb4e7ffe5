package io.sluice.compile;

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

  int count;
  private long flushes;
  private long lookupsAtFlush;

  abstract void clear();

  abstract long bytes();

  /** Called when there was no room, {@code lookups} into the life of the evaluator. */
  final void refused(long lookups) {
    if (isWorthFlushing(lookups)) {
      clear();
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
