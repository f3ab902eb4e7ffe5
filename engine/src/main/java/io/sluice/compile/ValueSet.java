package io.sluice.compile;

import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A set of values of one {@link Field}, kept as disjoint ascending ranges that do not touch. Here {@code 22, 80:81}:
 *
 * <pre>
 *   ends   [ 0  22  0  22 |  0  80  0  81 ]     high and low half of the first value, then of the last
 * </pre>
 *
 * Equal sets are equal objects, whatever they were made from: {@code 80:81} is {@code 80} and {@code 81}.
 */
public final class ValueSet {

  private static final int STRIDE = 4;
  private static final ValueSet EMPTY = new ValueSet(new long[0]);

  private final long[] ends;
  private final int hash;
  /** The last complement that was asked for: that of a large set is asked for again and again. */
  private Complement complement;

  private record Complement(int bits, ValueSet values) {}

  private ValueSet(long[] ends) {
    this.ends = ends;
    this.hash = Arrays.hashCode(ends);
  }

  /** Bytes that it takes, about. */
  public long bytes() {
    return 40 + 8L * ends.length;
  }

  /** No value at all: a rule that allows none never matches. */
  public static ValueSet none() {
    return EMPTY;
  }

  public static ValueSet of(long value) {
    return range(value, value);
  }

  /** The values {@code low..high}, both included and both unsigned. */
  public static ValueSet range(long low, long high) {
    return range(0, low, 0, high);
  }

  /** The 128-bit values from {@code lowHigh:lowLow} to {@code highHigh:highLow}, both included and unsigned. */
  public static ValueSet range(long lowHigh, long lowLow, long highHigh, long highLow) {
    if (U128.compare(lowHigh, lowLow, highHigh, highLow) > 0) {
      throw new IllegalArgumentException("a range must ascend: " + U128.toString(lowHigh, lowLow) + ".."
          + U128.toString(highHigh, highLow));
    }
    return new ValueSet(new long[] {lowHigh, lowLow, highHigh, highLow});
  }

  /** The values of a field of {@code bits} bits whose first {@code length} bits are those of {@code value}. */
  public static ValueSet prefix(long value, int length, int bits) {
    return prefix(0, value, length, bits);
  }

  /** As {@link #prefix(long, int, int)} for fields of up to 128 bits. */
  public static ValueSet prefix(long high, long low, int length, int bits) {
    if (length < 0 || length > bits) {
      throw new IllegalArgumentException("length must be in 0.." + bits + ": length=" + length);
    }
    long hostHigh = U128.maskHigh(bits - length);
    long hostLow = U128.maskLow(bits - length);
    return range(high & ~hostHigh, low & ~hostLow, high | hostHigh, low | hostLow);
  }

  /** Every value that is in at least one of {@code sets}. */
  public static ValueSet union(List<ValueSet> sets) {
    if (sets.size() == 1) return sets.get(0);
    List<long[]> ranges = new ArrayList<>();
    for (ValueSet set : sets) {
      for (int i = 0; i < set.ends.length; i += STRIDE) ranges.add(Arrays.copyOfRange(set.ends, i, i + STRIDE));
    }
    ranges.sort((a, b) -> U128.compare(a[0], a[1], b[0], b[1]));
    long[] merged = new long[ranges.size() * STRIDE];
    int size = 0;
    for (long[] range : ranges) {
      if (size > 0 && touches(merged, size - STRIDE, range)) {
        if (U128.compare(merged[size - 2], merged[size - 1], range[2], range[3]) < 0) {
          merged[size - 2] = range[2];
          merged[size - 1] = range[3];
        }
      } else {
        System.arraycopy(range, 0, merged, size, STRIDE);
        size += STRIDE;
      }
    }
    return size == 0 ? EMPTY : new ValueSet(Arrays.copyOf(merged, size));
  }

  /** The values of a field of {@code bits} bits that are not in this set. */
  public ValueSet complement(int bits) {
    Complement known = complement;
    if (known == null || known.bits != bits) {
      known = new Complement(bits, range(0, 0, U128.maskHigh(bits), U128.maskLow(bits)).minus(this));
      complement = known;
    }
    return known.values;
  }

  /** The values that are both in this set and in {@code other}. */
  public ValueSet intersection(ValueSet other) {
    if (equals(other)) return this;
    if (ends.length == STRIDE && other.ends.length == STRIDE) return common(other);
    LongArrayList common = new LongArrayList();
    int a = startOf(other);
    int b = other.startOf(this);
    while (a < ends.length && b < other.ends.length) {
      boolean aFirst = U128.compare(ends[a], ends[a + 1], other.ends[b], other.ends[b + 1]) >= 0;
      long[] first = aFirst ? ends : other.ends;
      int from = aFirst ? a : b;
      boolean aLast = U128.compare(ends[a + 2], ends[a + 3], other.ends[b + 2], other.ends[b + 3]) <= 0;
      long[] last = aLast ? ends : other.ends;
      int to = (aLast ? a : b) + 2;
      if (U128.compare(first[from], first[from + 1], last[to], last[to + 1]) <= 0) {
        common.add(first[from]);
        common.add(first[from + 1]);
        common.add(last[to]);
        common.add(last[to + 1]);
      }
      if (aLast) {
        a += STRIDE;
      } else {
        b += STRIDE;
      }
    }
    return common.isEmpty() ? EMPTY : new ValueSet(common.toLongArray());
  }

  /** What two sets of one range each have in common, as most sets are: one of them where it is in the other. */
  private ValueSet common(ValueSet other) {
    ValueSet first = U128.compare(ends[0], ends[1], other.ends[0], other.ends[1]) >= 0 ? this : other;
    ValueSet last = U128.compare(ends[2], ends[3], other.ends[2], other.ends[3]) <= 0 ? this : other;
    if (first == last) return first;
    return U128.compare(first.ends[0], first.ends[1], last.ends[2], last.ends[3]) > 0 ? EMPTY
        : new ValueSet(new long[] {first.ends[0], first.ends[1], last.ends[2], last.ends[3]});
  }

  /** The values of this set that are not in {@code other}; of a small set that is little work, however large the other is. */
  public ValueSet minus(ValueSet other) {
    if (!intersects(other)) return this;
    LongArrayList rest = new LongArrayList();
    int b = other.startOf(this);
    for (int a = 0; a < ends.length; a += STRIDE) {
      long high = ends[a];
      long low = ends[a + 1];
      boolean open = true; // whether something of this range is left, from high and low on
      while (open && b < other.ends.length && U128.compare(other.ends[b], other.ends[b + 1], ends[a + 2], ends[a + 3]) <= 0) {
        if (U128.compare(high, low, other.ends[b], other.ends[b + 1]) < 0) {
          rest.add(high);
          rest.add(low);
          rest.add(other.ends[b] - (other.ends[b + 1] == 0 ? 1 : 0));
          rest.add(other.ends[b + 1] - 1);
        }
        open = U128.compare(other.ends[b + 2], other.ends[b + 3], ends[a + 2], ends[a + 3]) < 0;
        if (open && U128.compare(high, low, other.ends[b + 2], other.ends[b + 3]) <= 0) {
          low = other.ends[b + 3] + 1;
          high = other.ends[b + 2] + (low == 0 ? 1 : 0);
        }
        b += open ? STRIDE : 0;
      }
      if (open) {
        rest.add(high);
        rest.add(low);
        rest.add(ends[a + 2]);
        rest.add(ends[a + 3]);
      }
    }
    return rest.isEmpty() ? EMPTY : new ValueSet(rest.toLongArray());
  }

  /** Whether some value is in both sets. */
  public boolean intersects(ValueSet other) {
    int a = startOf(other);
    int b = other.startOf(this);
    while (a < ends.length && b < other.ends.length) {
      if (U128.compare(ends[a + 2], ends[a + 3], other.ends[b], other.ends[b + 1]) < 0) {
        a += STRIDE;
      } else if (U128.compare(other.ends[b + 2], other.ends[b + 3], ends[a], ends[a + 1]) < 0) {
        b += STRIDE;
      } else {
        return true;
      }
    }
    return false;
  }

  /** Whether every value of {@code other} is in this set. */
  public boolean containsAll(ValueSet other) {
    int a = startOf(other);
    for (int b = 0; b < other.ends.length; b += STRIDE) {
      while (a < ends.length && U128.compare(ends[a + 2], ends[a + 3], other.ends[b], other.ends[b + 1]) < 0) a += STRIDE;
      if (a == ends.length || U128.compare(ends[a], ends[a + 1], other.ends[b], other.ends[b + 1]) > 0
          || U128.compare(ends[a + 2], ends[a + 3], other.ends[b + 2], other.ends[b + 3]) < 0) {
        return false;
      }
    }
    return true;
  }

  /** Each value of this set plus a number, of a field of {@code bits} bits: what overflows begins again at 0. */
  public ValueSet plus(long high, long low, int bits) {
    List<ValueSet> moved = new ArrayList<>();
    for (int i = 0; i < ends.length; i += STRIDE) {
      long firstLow = ends[i + 1] + low & U128.maskLow(bits);
      long firstHigh = ends[i] + high + carry(ends[i + 1], low) & U128.maskHigh(bits);
      long lastLow = ends[i + 3] + low & U128.maskLow(bits);
      long lastHigh = ends[i + 2] + high + carry(ends[i + 3], low) & U128.maskHigh(bits);
      if (U128.compare(firstHigh, firstLow, lastHigh, lastLow) <= 0) {
        moved.add(range(firstHigh, firstLow, lastHigh, lastLow));
      } else {
        moved.add(range(firstHigh, firstLow, U128.maskHigh(bits), U128.maskLow(bits)));
        moved.add(range(0, 0, lastHigh, lastLow));
      }
    }
    return union(moved);
  }

  private static long carry(long a, long b) {
    return Long.compareUnsigned(a + b, a) < 0 ? 1 : 0;
  }

  /** How many values there are, rounded: beyond 2^53 a double is not exact. */
  public double size() {
    double sum = 0;
    for (int i = 0; i < ends.length; i += STRIDE) {
      sum += toDouble(ends[i + 2] - ends[i]) * 0x1p64 + toDouble(ends[i + 3]) - toDouble(ends[i + 1]) + 1;
    }
    return sum;
  }

  private static double toDouble(long unsigned) {
    return unsigned >= 0 ? unsigned : (unsigned >>> 1) * 2.0;
  }

  public boolean contains(long value) {
    return contains(0, value);
  }

  public boolean contains(long high, long low) {
    int i = rangeAtOrAfter(high, low) * STRIDE;
    return i < ends.length && U128.compare(ends[i], ends[i + 1], high, low) <= 0;
  }

  /** The first range that does not end before the value; {@link #rangeCount} if all do. */
  public int rangeAtOrAfter(long high, long low) {
    int from = 0;
    int to = rangeCount();
    while (from < to) {
      int middle = from + to >>> 1;
      int i = middle * STRIDE;
      if (U128.compare(ends[i + 2], ends[i + 3], high, low) < 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

  /** Where in {@link #ends} the first range is that may have something in common with {@code other}. */
  private int startOf(ValueSet other) {
    return other.ends.length == 0 ? ends.length : rangeAtOrAfter(other.ends[0], other.ends[1]) * STRIDE;
  }

  public boolean isEmpty() {
    return ends.length == 0;
  }

  /** Whether every value of a field of {@code bits} bits is in the set. */
  public boolean isFull(int bits) {
    return ends.length == STRIDE && ends[0] == 0 && ends[1] == 0 && isLast(ends[2], ends[3], bits);
  }

  /** How many ranges the set consists of: disjoint, ascending, not touching. */
  public int rangeCount() {
    return ends.length / STRIDE;
  }

  /** The upper 64 bits of the first value of a range. */
  public long firstHigh(int range) {
    return ends[range * STRIDE];
  }

  /** The lower 64 bits of the first value of a range. */
  public long firstLow(int range) {
    return ends[range * STRIDE + 1];
  }

  /** The upper 64 bits of the last value of a range. */
  public long lastHigh(int range) {
    return ends[range * STRIDE + 2];
  }

  /** The lower 64 bits of the last value of a range. */
  public long lastLow(int range) {
    return ends[range * STRIDE + 3];
  }

  /** Whether a value above {@code 2^bits - 1} is in the set. */
  boolean exceeds(int bits) {
    return ends.length > 0
        && U128.compare(ends[ends.length - 2], ends[ends.length - 1], U128.maskHigh(bits), U128.maskLow(bits)) > 0;
  }

  private static boolean isLast(long high, long low, int bits) {
    return high == U128.maskHigh(bits) && low == U128.maskLow(bits);
  }

  /** Whether {@code next} begins inside the range at {@code at} or right after it. */
  private static boolean touches(long[] merged, int at, long[] next) {
    long high = merged[at + 2];
    long low = merged[at + 3];
    if (U128.compare(next[0], next[1], high, low) <= 0) return true;
    long afterLow = low + 1;
    return next[1] == afterLow && next[0] == high + (afterLow == 0 ? 1 : 0);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ValueSet set && hash == set.hash && Arrays.equals(ends, set.ends);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < ends.length; i += STRIDE) {
      if (i > 0) out.append(", ");
      out.append(U128.toString(ends[i], ends[i + 1]));
      if (ends[i] != ends[i + 2] || ends[i + 1] != ends[i + 3]) {
        out.append(':').append(U128.toString(ends[i + 2], ends[i + 3]));
      }
    }
    return out.isEmpty() ? "none" : out.toString();
  }
}
