package io.sluice.analysis.space;

import io.sluice.ruleset.Field;
import java.util.Optional;

/**
 * One dimension of the packets that rules tell apart.
 *
 * <p>Most are packet fields. A mark is cut into groups of bits that no rule tells apart, one axis each, so that any mask is a
 * plain set of values. A match that cannot be put into words (a string in the payload) is an axis of one bit, its answer; what is
 * known of a packet beside what is in it ({@link io.sluice.ruleset.Circumstance}) is an answer, too, of more bits.
 *
 * @param index place of the axis in its {@link Space}
 * @param name what messages call it
 * @param bits width of its values
 * @param field the packet field, empty for an answer
 * @param mask for marks: the bits of the field that the values are made of, lowest first; all ones otherwise
 */
public record Axis(int index, String name, int bits, Optional<Field> field, long mask) {

  /** All bits of a field. */
  static final long ALL = -1;

  /** Whether the axis is the answer to a question about what no packet shows. */
  public boolean isAnswer() {
    return field.isEmpty();
  }

  /** The upper 64 bits of the last value. */
  long lastHigh() {
    return bits > Long.SIZE ? -1L >>> 2 * Long.SIZE - bits : 0;
  }

  /** The lower 64 bits of the last value. */
  long lastLow() {
    return bits >= Long.SIZE ? -1 : (1L << bits) - 1;
  }

  /** The value on this axis of a mark. */
  public long gather(long mark) {
    long value = 0;
    int at = 0;
    for (long rest = mask; rest != 0; rest &= rest - 1) {
      value |= (mark >>> Long.numberOfTrailingZeros(rest) & 1) << at++;
    }
    return value;
  }

  /** The bits that a value on this axis has in the mark. */
  public long scatter(long value) {
    long mark = 0;
    int at = 0;
    for (long rest = mask; rest != 0; rest &= rest - 1) {
      mark |= (value >>> at++ & 1) << Long.numberOfTrailingZeros(rest);
    }
    return mark;
  }

  /** Axes are keys wherever packets are compared; in one space each has an index of its own. */
  @Override
  public int hashCode() {
    return index;
  }

  @Override
  public String toString() {
    return name;
  }
}
