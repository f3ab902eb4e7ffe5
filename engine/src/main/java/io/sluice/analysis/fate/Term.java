package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.compile.ValueSet;

/** How a value that rules see comes from the packet that set out. */
sealed interface Term {

  /** The value on {@code axis} that it set out with, plus a number (of the axis' width, so -1 is all ones). */
  record Origin(Axis axis, long plusHigh, long plusLow) implements Term {
    boolean isPlain() {
      return (plusHigh | plusLow) == 0;
    }

    /** With a number that is small added to it. */
    Origin plus(long number) {
      long low = plusLow + number;
      return new Origin(axis, low < 0 ? -1 : 0, low);
    }

    /** The values that packets set out with whose value is then in the set. */
    ValueSet before(ValueSet set) {
      return isPlain() ? set : set.plus(~plusHigh + (plusLow == 0 ? 1 : 0), -plusLow, axis.bits());
    }
  }

  /** This value, whatever it set out with. */
  record Constant(long high, long low) implements Term {}

  /** One of these values: which is not known. */
  record Unknown(ValueSet possible) implements Term {}
}
