package io.sluice.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which of few boxes a packet is in, by bits: every interval of a field's values has a row with the bits of the boxes that
 * allow it, and what stands in the rows of all fields holds (Lakshman and Stiliadis, SIGCOMM 1998). Here box 0 wants a port
 * in 20..23, box 1 that and protocol 6, box 2 nothing:
 *
 * <pre>
 *   possible  111
 *   word 0    0: 100   20: 111   24: 100
 *   word 1    0: 101   6: 111   7: 101
 *
 *   box 0 is to the right; a row holds from its value on; port 22, protocol 17 ▶ 111 &amp; 111 &amp; 101 ▶ boxes 0 and 2
 * </pre>
 *
 * <p>Hardly anything here branches on what the packet holds: only where no box is left it ends. Where no two packets are alike
 * a mispredicted branch costs as much as a row, and looking at a box has two of them. Room grows with the square of the boxes,
 * so this is for a few hundred.
 */
public final class BoxBits {
  /** Above the values of every field of one word. */
  private static final long BEYOND = 1L << 62;

  private final FieldIndex[] indexes;
  /** Lowest values of the intervals, filled up with {@link #BEYOND} to a power of two; null for fields of several words. */
  final long[][] bounds;
  /** By interval, {@link #longs()} each. */
  final long[][] rows;
  private final long[] possible;

  private BoxBits(FieldIndex[] indexes, long[][] bounds, long[][] rows, long[] possible) {
    this.indexes = indexes;
    this.bounds = bounds;
    this.rows = rows;
    this.possible = possible;
  }

  /** Whether bounds ascend from 0, as many as a search by halves wants, with a row for every interval and no bits of other boxes. */
  boolean isSound(int boxes) {
    long last = -1L >>> -boxes;
    for (int field = 0; field < rows.length; field++) {
      int intervals = indexes[field].intervalCount();
      boolean sound = rows[field].length == intervals * possible.length;
      if (bounds[field] != null) {
        long[] of = bounds[field];
        sound &= Integer.bitCount(of.length) == 1 && of.length >= intervals && of[0] == 0;
        for (int i = 1; i < of.length; i++) {
          sound &= i < intervals ? of[i] > of[i - 1] : of[i] == BEYOND;
        }
      }
      for (int at = 0; at < rows[field].length; at++) {
        sound &= at % possible.length < possible.length - 1 || (rows[field][at] & ~last) == 0;
      }
      if (!sound) {
        return false;
      }
    }
    return true;
  }

  /** The boxes, which are those of {@code classifier}, by their place in the array. */
  public static BoxBits of(Classifier classifier, Box[] boxes) {
    long[] possible = new long[boxes.length + 63 >>> 6];
    for (int box = 0; box < boxes.length; box++) {
      possible[box >>> 6] |= boxes[box].isPossible() ? 1L << box : 0;
    }
    List<FieldIndex> indexes = new ArrayList<>();
    List<long[]> bounds = new ArrayList<>();
    List<long[]> rows = new ArrayList<>();
    for (int field = 0; field < classifier.fields.length; field++) {
      FieldIndex index = classifier.indexes[field];
      if (index.classCount > 1) {
        indexes.add(index);
        bounds.add(index.field.words() > 1 ? null : bounds(index));
        rows.add(rows(index, field, boxes, possible.length));
      }
    }
    BoxBits bits = new BoxBits(indexes.toArray(FieldIndex[]::new), bounds.toArray(long[][]::new), rows.toArray(long[][]::new),
        possible);
    assert bits.isSound(boxes.length);
    return bits;
  }

  private static long[] bounds(FieldIndex index) {
    long[] bounds = Arrays.copyOf(index.boundLow, boundCount(index));
    Arrays.fill(bounds, index.intervalCount(), bounds.length, BEYOND);
    return bounds;
  }

  private static int boundCount(FieldIndex index) {
    return Integer.highestOneBit(2 * index.intervalCount() - 1);
  }

  private static long[] rows(FieldIndex index, int field, Box[] boxes, int longs) {
    long[] rows = new long[index.intervalCount() * longs];
    for (int i = 0; i < index.intervalCount(); i++) {
      for (int box = 0; box < boxes.length; box++) {
        ValueSet allowed = boxes[box].values(field);
        if (allowed == null || allowed.contains(index.boundHigh == null ? 0 : index.boundHigh[i], index.boundLow[i])) {
          rows[i * longs + (box >>> 6)] |= 1L << box;
        }
      }
    }
    return rows;
  }

  /** How many longs {@link #match} writes. */
  public int longs() {
    return possible.length;
  }

  /** As {@link #match}, of at most 64 boxes. */
  public long match(int[] packet) {
    long in = possible[0];
    for (int field = 0; field < rows.length && in != 0; field++) {
      in &= rows[field][interval(field, packet)];
    }
    return in;
  }

  private int interval(int field, int[] packet) {
    return bounds[field] == null ? indexes[field].interval(packet)
        : interval(bounds[field], packet[indexes[field].word] & 0xffff_ffffL);
  }

  /** Sets bit b of {@code into}, as one long row of bits, if the packet, given as its words, is in box b. */
  public void match(int[] packet, long[] into) {
    int longs = possible.length;
    for (int i = 0; i < longs; i++) {
      into[i] = possible[i];
    }
    for (int field = 0; field < rows.length; field++) {
      long[] row = rows[field];
      int at = interval(field, packet) * longs;
      for (int i = 0; i < longs; i++) {
        into[i] &= row[at + i];
      }
    }
  }

  /** The last bound that is not above the value. */
  private static int interval(long[] bounds, long value) {
    int at = 0;
    for (int step = bounds.length >>> 1; step > 0; step >>>= 1) {
      at += step & (int) (bounds[at + step] - value - 1 >> 63); // all ones if the bound is at most the value
    }
    return at;
  }

  /** {@link #bytes} of so many boxes, without making them. */
  public static long bytes(Classifier classifier, int boxes) {
    long longs = boxes + 63 >>> 6;
    long sum = longs;
    for (FieldIndex index : classifier.indexes) {
      if (index.classCount > 1) {
        sum += index.intervalCount() * longs + (index.field.words() > 1 ? 0 : boundCount(index));
      }
    }
    return 8 * sum;
  }

  /** Bytes of bounds and rows. */
  public long bytes() {
    long sum = 8L * possible.length;
    for (int field = 0; field < rows.length; field++) {
      sum += 8L * rows[field].length + (bounds[field] == null ? 0 : 8L * bounds[field].length);
    }
    return sum;
  }

  /** The rows as the picture above shows them, a field a line. */
  String dump(int boxes) {
    StringBuilder out = new StringBuilder("possible  ").append(bits(possible, 0, boxes)).append('\n');
    for (int field = 0; field < rows.length; field++) {
      out.append(String.format("word %-4d", indexes[field].word));
      for (int i = 0; i < indexes[field].intervalCount(); i++) {
        out.append(i == 0 ? " " : "   ").append(Long.toUnsignedString(indexes[field].boundLow[i])).append(": ")
            .append(bits(rows[field], i * possible.length, boxes));
      }
      out.append('\n');
    }
    return out.toString();
  }

  private static String bits(long[] row, int from, int boxes) {
    StringBuilder out = new StringBuilder();
    for (int box = boxes - 1; box >= 0; box--) {
      out.append(row[from + (box >>> 6)] >>> box & 1);
    }
    return out.toString();
  }
}
