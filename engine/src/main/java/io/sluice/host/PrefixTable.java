package io.sluice.host;

import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Finds the longest of a set of prefixes that an address is in. Immutable.
 *
 * <p>Nested prefixes cut the address space into intervals, and each interval has one longest prefix, so the question is a
 * binary search over where the intervals begin. Addresses are 128 bits, left-aligned: an IPv4 address stands in the upper
 * 32. Here with 8-bit addresses, prefix 0 is {@code 0/0}, prefix 1 is {@code 64/2} and prefix 2 is {@code 72/5}:
 *
 * <pre>
 *   interval     0     1     2     3     4
 *   start     [  0 |  64 |  72 |  80 | 128 ]   where it begins, ascending, unsigned
 *   prefix    [  0 |   1 |   2 |   1 |   0 ]   the longest prefix of all its addresses, -1 for none
 *   parent    [ -1 |   0 |   1 ]               of a prefix: the next shorter one around it
 *
 *   address 75 ▶ interval 2 ▶ prefix 2, then by parent 1, then 0
 * </pre>
 *
 * n prefixes make at most 2n + 1 intervals. From {@link #INDEX_FROM} intervals on, a table over the upper 16 bits of the
 * address narrows the search: a full Internet table then takes about 5 steps instead of 20.
 */
final class PrefixTable {
  private static final int INDEX_FROM = 256;

  /** Upper and lower halves of the starts, with the sign bit flipped so that signed comparison orders them. */
  private final long[] startHi;

  private final long[] startLo;
  private final int[] prefix;
  private final int[] parent;
  /** Whether all intervals begin at a whole upper half, as IPv4's do. */
  private final boolean wholeHi;
  /** The last interval that begins at or before {@code i << 48}; empty when the table is small. */
  private final int[] index;

  private PrefixTable(long[] startHi, long[] startLo, int[] prefix, int[] parent) {
    this.startHi = startHi;
    this.startLo = startLo;
    this.prefix = prefix;
    this.parent = parent;
    this.wholeHi = Arrays.stream(startLo).allMatch(lo -> lo == Long.MIN_VALUE);
    this.index = startHi.length < INDEX_FROM ? new int[0] : index(startHi, startLo);
  }

  private static int[] index(long[] startHi, long[] startLo) {
    int[] index = new int[(1 << 16) + 1];
    int at = 0;
    for (int i = 0; i < 1 << 16; i++) {
      long key = (long) i << 48 ^ Long.MIN_VALUE;
      while (at + 1 < startHi.length
          && (startHi[at + 1] < key || startHi[at + 1] == key && startLo[at + 1] == Long.MIN_VALUE)) {
        at++;
      }
      index[i] = at;
    }
    index[1 << 16] = startHi.length - 1;
    return index;
  }

  /**
   * Builds the table of prefixes {@code (hi[i], lo[i]) / bits[i]}, i from 0. They must be distinct, without bits behind
   * the prefix, and ordered by address (unsigned), shorter first where addresses are equal.
   */
  static PrefixTable of(long[] hi, long[] lo, int[] bits) {
    int n = bits.length;
    Builder out = new Builder(n);
    int[] parent = new int[n];
    int[] stack = new int[129];
    int depth = 0;
    out.begin(0, 0, -1);
    for (int i = 0; i < n; i++) {
      while (depth > 0 && !contains(hi, lo, bits, stack[depth - 1], hi[i], lo[i])) {
        depth--;
        out.end(hi, lo, bits, stack[depth], depth > 0 ? stack[depth - 1] : -1);
      }
      parent[i] = depth > 0 ? stack[depth - 1] : -1;
      stack[depth++] = i;
      out.begin(hi[i], lo[i], i);
    }
    while (depth > 0) {
      depth--;
      out.end(hi, lo, bits, stack[depth], depth > 0 ? stack[depth - 1] : -1);
    }
    return new PrefixTable(
        Arrays.copyOf(out.startHi, out.count), Arrays.copyOf(out.startLo, out.count),
        Arrays.copyOf(out.prefix, out.count), parent);
  }

  private static boolean contains(long[] hi, long[] lo, int[] bits, int i, long addressHi, long addressLo) {
    return ((addressHi ^ hi[i]) & maskHi(bits[i]) | (addressLo ^ lo[i]) & maskLo(bits[i])) == 0;
  }

  static long maskHi(int bits) {
    return bits == 0 ? 0 : bits >= 64 ? -1L : -1L << 64 - bits;
  }

  static long maskLo(int bits) {
    return bits <= 64 ? 0 : -1L << 128 - bits;
  }

  /** Collects the intervals in ascending order; one that begins where the last one did replaces it. */
  private static final class Builder {
    final long[] startHi;
    final long[] startLo;
    final int[] prefix;
    int count;

    Builder(int prefixes) {
      startHi = new long[2 * prefixes + 1];
      startLo = new long[2 * prefixes + 1];
      prefix = new int[2 * prefixes + 1];
    }

    void begin(long hi, long lo, int longest) {
      long h = hi ^ Long.MIN_VALUE;
      long l = lo ^ Long.MIN_VALUE;
      if (count > 0 && startHi[count - 1] == h && startLo[count - 1] == l) {
        prefix[count - 1] = longest;
        return;
      }
      startHi[count] = h;
      startLo[count] = l;
      prefix[count++] = longest;
    }

    /** Prefix {@code i} ends: what follows it, if anything does, belongs to {@code around}. */
    void end(long[] hi, long[] lo, int[] bits, int i, int around) {
      long lastHi = hi[i] | ~maskHi(bits[i]);
      long lastLo = lo[i] | ~maskLo(bits[i]);
      if (lastHi == -1L && lastLo == -1L) {
        return;
      }
      begin(lastLo == -1L ? lastHi + 1 : lastHi, lastLo + 1, around);
    }
  }

  /** The longest prefix that the address is in, or -1. */
  int find(long hi, long lo) {
    long h = hi ^ Long.MIN_VALUE;
    long l = lo ^ Long.MIN_VALUE;
    int low = 0;
    int high = startHi.length - 1;
    if (index.length > 0) {
      int top = (int) (hi >>> 48);
      low = index[top];
      high = index[top + 1];
    }
    if (wholeHi) {
      return prefix[findHi(h, low, high)];
    }
    while (low < high) {
      int middle = low + high + 1 >>> 1;
      long s = startHi[middle];
      if (s < h || s == h && startLo[middle] <= l) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return prefix[low];
  }

  /** Without a branch on what addresses are: those of strangers cannot be foretold. */
  private int findHi(long h, int from, int to) {
    int low = from;
    for (int size = to - from + 1; size > 1; ) {
      int half = size >>> 1;
      low = startHi[low + half] <= h ? low + half : low;
      size -= half;
    }
    return low;
  }

  /** The upper halves of the addresses at which intervals begin, ascending, unsigned. */
  LongStream starts() {
    return Arrays.stream(startHi).map(hi -> hi ^ Long.MIN_VALUE);
  }

  /** The next shorter prefix around prefix {@code i}, or -1. */
  int parent(int i) {
    return parent[i];
  }
}
