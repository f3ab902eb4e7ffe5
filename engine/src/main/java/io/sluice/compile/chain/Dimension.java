package io.sluice.compile.chain;

import io.sluice.netfilter.Family;
import io.sluice.ruleset.Field;
import java.util.Arrays;

/**
 * One dimension of the packets that a chain tells apart: a packet field, or for marks some bits of one.
 *
 * <p>{@code --mark 0x4000/0x4000} holds for half of all marks, in 131,072 ranges. Under the mask it is one value of a
 * field of one bit; so each mask that is not a prefix makes a dimension of its own.
 *
 * @param mask bits of the field that count; all of them for a plain field
 */
record Dimension(Field field, long mask) {
  private static final long ALL = -1;
  private static final Dimension[] PLAIN =
      Arrays.stream(Field.values()).map(field -> new Dimension(field, ALL)).toArray(Dimension[]::new);

  static Dimension of(Field field) {
    return PLAIN[field.ordinal()];
  }

  /** The bits of {@code field} under {@code mask}, shifted down to begin with the lowest. */
  static Dimension under(Field field, long mask) {
    return new Dimension(field, mask);
  }

  boolean isPlain() {
    return mask == ALL;
  }

  /** By how much a value of the field, masked, is shifted down. */
  int shift() {
    return isPlain() ? 0 : Long.numberOfTrailingZeros(mask);
  }

  /** Width in bits. Interfaces count by index. */
  int bits(Family family) {
    if (!isPlain()) {
      return Long.SIZE - Long.numberOfLeadingZeros(mask) - shift();
    }
    switch (field) {
      case SOURCE:
      case DESTINATION:
        return family.addressBits();
      case IN_INTERFACE:
      case OUT_INTERFACE:
        return Devices.BITS;
      default:
        return field.bits();
    }
  }

  io.sluice.compile.Field toField(Family family) {
    String name = field.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    return new io.sluice.compile.Field(isPlain() ? name : name + "/0x" + Long.toHexString(mask), bits(family));
  }
}
