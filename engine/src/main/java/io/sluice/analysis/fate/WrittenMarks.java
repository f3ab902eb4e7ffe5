package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Says which bits of marks were written and are known; what is unknown the deeds tell. */
final class WrittenMarks {
  private WrittenMarks() {}

  static List<String> of(ChainWalk walk, Space space, Seen seen) {
    List<String> written = new ArrayList<>();
    for (Field mark : List.of(Field.MARK, Field.CONNMARK)) {
      long bits = 0;
      long mask = 0;
      for (Axis axis : space.markAxes(mark)) {
        if (seen.term(axis) instanceof Term.Constant constant) {
          // What is written over the same value makes no difference.
          boolean same = walk.origin().low(axis.index()) == constant.low();
          ValueSet value = ValueSet.of(constant.low());
          walk.cut().require(axis, same ? value : value.complement(axis.bits()));
          if (!same) {
            bits |= axis.scatter(constant.low());
            mask |= axis.mask();
          }
        }
      }
      if (mask != 0) {
        written.add(mark.name().toLowerCase(Locale.ROOT) + " 0x" + Long.toHexString(bits) + "/0x" + Long.toHexString(mask));
      }
    }
    return written;
  }
}
