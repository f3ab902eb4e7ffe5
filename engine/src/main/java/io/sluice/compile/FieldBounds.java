package io.sluice.compile;

/**
 * Tells the values of a field of 17 to 32 bits apart where they have few bounds: from each bound that a value reaches its class is
 * another one. All bounds are looked at, without a branch, and nothing is remembered. Here class 1 is 10.0.0.0 to 10.0.0.255, and
 * the others are class 0:
 *
 * <pre>
 *   first    [  0 ]                  the class of the lowest values
 *   below    [9ffffff |a0000ff ]     the highest value below each bound
 *   step     [  1 | -1 ]             by how much the class is more from there on
 * </pre>
 *
 * Strangers' addresses would fill a {@link ValueMemo} with what is never asked again: with these a packet that opens a connection to
 * the docker host takes 0.95 of the time with JDK 17, 0.97 with 25 (StrangersBench, three JVMs each, whole pipeline).
 */
final class FieldBounds {
  /** With more intervals a look into a memory of values takes less time. */
  static final int MOST_INTERVALS = 8;

  private final long first;
  private final long[] below;
  private final long[] step;

  FieldBounds(FieldIndex index) {
    int bounds = index.intervalCount() - 1;
    below = new long[bounds];
    step = new long[bounds];
    first = classOf(index, 0);
    for (int i = 0; i < bounds; i++) {
      below[i] = index.boundLow[i + 1] - 1;
      step[i] = classOf(index, i + 1) - classOf(index, i);
    }
  }

  private static int classOf(FieldIndex index, int interval) {
    return index.nodeClass[index.intervalNode[interval]];
  }

  /** Whether a field is best told by its bounds. */
  static boolean suit(FieldIndex index) {
    return index.field.words() == 1 && index.intervalCount() <= MOST_INTERVALS;
  }

  long classOf(int packed) {
    long value = packed & 0xffff_ffffL;
    long found = first;
    for (int i = 0; i < below.length; i++) found += step[i] & below[i] - value >> 63;
    return found;
  }

  /** The arrays as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder();
    FieldIndex.row(out, "first", 1, i -> Long.toString(first));
    FieldIndex.row(out, "below", below.length, i -> Long.toHexString(below[i]));
    FieldIndex.row(out, "step", step.length, i -> Long.toString(step[i]));
    return out.toString();
  }
}
