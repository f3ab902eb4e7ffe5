package io.sluice.compile;

/** One field's step from the values of packets to the classes in their keys. */
abstract class FieldStage {

  final FieldIndex index;
  /** The long of the key that takes the class, and by how much it is shifted there. */
  final int keyLong;
  final int shift;

  private FieldStage(FieldIndex index, int keyLong, int shift) {
    this.index = index;
    this.keyLong = keyLong;
    this.shift = shift;
  }

  static boolean remembers(FieldIndex index) {
    return index.field.bits() > Field.TABLE_BITS;
  }

  static FieldStage of(FieldIndex index, int keyLong, int shift, long maxBytes) {
    if (!remembers(index)) return new Table(index, keyLong, shift);
    return index.field.words() == 1
        ? new Narrow(index, keyLong, shift, maxBytes) : new Wide(index, keyLong, shift, maxBytes);
  }

  /** Adds the classes of {@code count} packets to their keys. */
  abstract void classes(int[][] columns, int from, int count, long[] keys);

  abstract int classOf(int[] packet);

  abstract long bytes();

  abstract long flushes();

  /** Up to 16 bits: one read. */
  private static final class Table extends FieldStage {
    private final char[] table;

    Table(FieldIndex index, int keyLong, int shift) {
      super(index, keyLong, shift);
      table = index.table();
    }

    @Override
    void classes(int[][] columns, int from, int count, long[] keys) {
      classes(table, columns[index.word], from, count, shift, keys);
    }

    private static void classes(char[] table, int[] values, int from, int count, int shift, long[] keys) {
      for (int i = 0; i < count; i++) keys[i] |= (long) table[values[from + i]] << shift;
    }

    @Override
    int classOf(int[] packet) {
      return table[packet[index.word]];
    }

    @Override
    long bytes() {
      return 0; // the classifier's
    }

    @Override
    long flushes() {
      return 0;
    }
  }

  /** 17 to 32 bits. */
  private static final class Narrow extends FieldStage {
    private final ValueMemo memo;

    Narrow(FieldIndex index, int keyLong, int shift, long maxBytes) {
      super(index, keyLong, shift);
      memo = new ValueMemo(index, maxBytes);
    }

    @Override
    void classes(int[][] columns, int from, int count, long[] keys) {
      memo.classes(columns[index.word], from, count, shift, keys);
    }

    @Override
    int classOf(int[] packet) {
      return memo.classOf(packet[index.word]);
    }

    @Override
    long bytes() {
      return memo.bytes();
    }

    @Override
    long flushes() {
      return memo.flushes;
    }
  }

  /** More than 32 bits: IPv6 addresses. */
  private static final class Wide extends FieldStage {
    private final WideValueMemo memo;

    Wide(FieldIndex index, int keyLong, int shift, long maxBytes) {
      super(index, keyLong, shift);
      memo = new WideValueMemo(index, maxBytes);
    }

    @Override
    void classes(int[][] columns, int from, int count, long[] keys) {
      memo.classes(columns, from, count, shift, keys);
    }

    @Override
    int classOf(int[] packet) {
      return memo.classOf(packet);
    }

    @Override
    long bytes() {
      return memo.bytes();
    }

    @Override
    long flushes() {
      return memo.flushes;
    }
  }
}
