package io.sluice.compile;

import java.util.List;

/**
 * Where each field's class is in the key of a packet. Three fields of 4,000, 50 and 6 classes:
 *
 * <pre>
 *   bit      63 ... 21 | 20 19 18 | 17 ... 12 | 11 ... 0
 *                 0    |  field 2 |  field 1  |  field 0
 *
 *   long     [  0 |  0 |  0 ]      by field
 *   shift    [  0 | 12 | 18 ]
 * </pre>
 *
 * A field that does not fit in a long any more goes to the next.
 */
final class KeyLayout {

  private final int[] keyLong;
  private final int[] shift;
  private final int bits;

  KeyLayout(List<FieldIndex> fields) {
    keyLong = new int[fields.size()];
    shift = new int[fields.size()];
    int end = 0;
    for (int i = 0; i < fields.size(); i++) {
      int needed = fields.get(i).classBits();
      if ((end & 63) + needed > 64) end = (end | 63) + 1;
      keyLong[i] = end >>> 6;
      shift[i] = end & 63;
      end += needed;
    }
    bits = end;
  }

  /** The number of the long that holds the class of field {@code i}. */
  int keyLong(int i) {
    return keyLong[i];
  }

  int shift(int i) {
    return shift[i];
  }

  int bits() {
    return bits;
  }

  int longs() {
    return Math.max(1, (bits + 63) >>> 6);
  }

  String dump() {
    StringBuilder out = new StringBuilder();
    FieldIndex.row(out, "long", keyLong.length, i -> Integer.toString(keyLong[i]));
    FieldIndex.row(out, "shift", shift.length, i -> Integer.toString(shift[i]));
    return out.toString();
  }
}
