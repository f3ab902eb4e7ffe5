package io.sluice.compile;

import java.util.ArrayList;
import java.util.List;

/** The step from the values of packets in one field, or in up to three small ones, to the classes in their keys. */
abstract class FieldStage {

  /** The long of the key that takes the class, and by how much it is shifted there. */
  final int keyLong;
  final int shift;

  private FieldStage(int keyLong, int shift) {
    this.keyLong = keyLong;
    this.shift = shift;
  }

  static boolean isWide(FieldIndex index) {
    return index.field.bits() > Field.TABLE_BITS;
  }

  /** Tables for the narrow fields among {@code fields}, up to three to a stage. */
  static List<FieldStage> narrow(List<FieldIndex> fields, KeyLayout layout) {
    List<FieldStage> stages = new ArrayList<>();
    for (int i = 0; i < fields.size() && !isWide(fields.get(i)); ) {
      int end = i + 1;
      while (end < fields.size() && end < i + 3 && !isWide(fields.get(end))
          && layout.keyLong(end) == layout.keyLong(i)) {
        end++;
      }
      stages.add(new Tables(fields.subList(i, end), layout, i));
      i = end;
    }
    return stages;
  }

  /** For each wide field among {@code fields} its bounds, where they are few, or a memory of values. */
  static List<FieldStage> wide(List<FieldIndex> fields, KeyLayout layout, long maxBytes) {
    List<FieldStage> stages = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      FieldIndex index = fields.get(i);
      if (!isWide(index)) continue;
      stages.add(FieldBounds.suit(index) ? new Bounded(index, layout.keyLong(i), layout.shift(i))
          : index.field.words() == 1 ? new Value(index, layout.keyLong(i), layout.shift(i), maxBytes)
          : new WideValue(index, layout.keyLong(i), layout.shift(i), maxBytes));
    }
    return stages;
  }

  /** Adds the classes of {@code count} packets to their keys. */
  abstract void classes(int[][] columns, int from, int count, long[] keys);

  /** The classes of one packet, shifted to their place. */
  abstract long classesOf(int[] packet);

  /** The memory of values, or null. */
  abstract Memo memo();

  /** Up to 16 bits: one read. A free table stands in for the second and third that a stage may not have. */
  private static final class Tables extends FieldStage {
    private static final char[] NO_TABLE = {0};
    private final int tables;
    private final char[][] table = {NO_TABLE, NO_TABLE, NO_TABLE};
    private final int[] word = new int[3];
    private final int[] shifts = new int[3];

    Tables(List<FieldIndex> fields, KeyLayout layout, int first) {
      super(layout.keyLong(first), layout.shift(first));
      tables = fields.size();
      for (int i = 0; i < tables; i++) {
        table[i] = fields.get(i).table();
        word[i] = fields.get(i).word;
        shifts[i] = layout.shift(first + i);
      }
    }

    @Override
    void classes(int[][] columns, int from, int count, long[] keys) {
      switch (tables) {
        case 1:
          one(table[0], columns[word[0]], shifts[0], from, count, keys);
          break;
        case 2:
          two(table[0], columns[word[0]], shifts[0], table[1], columns[word[1]], shifts[1], from, count, keys);
          break;
        default:
          three(table[0], columns[word[0]], shifts[0], table[1], columns[word[1]], shifts[1], table[2],
              columns[word[2]], shifts[2], from, count, keys);
      }
    }

    private static void one(char[] table, int[] values, int shift, int from, int count, long[] keys) {
      for (int i = 0; i < count; i++) keys[i] |= (long) table[values[from + i]] << shift;
    }

    private static void two(char[] table, int[] values, int shift, char[] table2, int[] values2, int shift2, int from,
        int count, long[] keys) {
      for (int i = 0; i < count; i++) {
        keys[i] |= (long) table[values[from + i]] << shift | (long) table2[values2[from + i]] << shift2;
      }
    }

    private static void three(char[] table, int[] values, int shift, char[] table2, int[] values2, int shift2,
        char[] table3, int[] values3, int shift3, int from, int count, long[] keys) {
      for (int i = 0; i < count; i++) {
        keys[i] |= (long) table[values[from + i]] << shift | (long) table2[values2[from + i]] << shift2
            | (long) table3[values3[from + i]] << shift3;
      }
    }

    @Override
    long classesOf(int[] packet) {
      long classes = (long) table[0][packet[word[0]]] << shifts[0];
      if (tables > 1) classes |= (long) table[1][packet[word[1]]] << shifts[1];
      if (tables > 2) classes |= (long) table[2][packet[word[2]]] << shifts[2];
      return classes;
    }

    @Override
    Memo memo() {
      return null;
    }
  }

  /** 17 to 32 bits with few bounds. */
  private static final class Bounded extends FieldStage {
    private final FieldBounds bounds;
    private final int word;

    Bounded(FieldIndex index, int keyLong, int shift) {
      super(keyLong, shift);
      bounds = new FieldBounds(index);
      word = index.word;
    }

    @Override
    void classes(int[][] columns, int from, int count, long[] keys) {
      int[] values = columns[word];
      for (int i = 0; i < count; i++) keys[i] |= bounds.classOf(values[from + i]) << shift;
    }

    @Override
    long classesOf(int[] packet) {
      return bounds.classOf(packet[word]) << shift;
    }

    @Override
    Memo memo() {
      return null;
    }
  }

  /** 17 to 32 bits. */
  private static final class Value extends FieldStage {
    private final ValueMemo memo;
    private final int word;

    Value(FieldIndex index, int keyLong, int shift, long maxBytes) {
      super(keyLong, shift);
      memo = new ValueMemo(index, maxBytes);
      word = index.word;
    }

    @Override
    void classes(int[][] columns, int from, int count, long[] keys) {
      memo.classes(columns[word], from, count, shift, keys);
    }

    @Override
    long classesOf(int[] packet) {
      return (long) memo.classOf(packet[word]) << shift;
    }

    @Override
    Memo memo() {
      return memo;
    }
  }

  /** More than 32 bits: IPv6 addresses. */
  private static final class WideValue extends FieldStage {
    private final WideValueMemo memo;

    WideValue(FieldIndex index, int keyLong, int shift, long maxBytes) {
      super(keyLong, shift);
      memo = new WideValueMemo(index, maxBytes);
    }

    @Override
    void classes(int[][] columns, int from, int count, long[] keys) {
      memo.classes(columns, from, count, shift, keys);
    }

    @Override
    long classesOf(int[] packet) {
      return (long) memo.classOf(packet) << shift;
    }

    @Override
    Memo memo() {
      return memo;
    }
  }
}
