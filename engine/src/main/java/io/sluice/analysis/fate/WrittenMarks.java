package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/** Says which bits of marks were written and are known, or are those of the other mark; what is unknown the deeds tell. */
final class WrittenMarks {
  private WrittenMarks() {}

  static List<String> of(ChainWalk walk, Space space, Seen seen) {
    return of(walk, space, seen, axis -> true);
  }

  /** @param read the axes that are looked at */
  static List<String> of(ChainWalk walk, Space space, Seen seen, Set<Axis> read) {
    return of(walk, space, seen, read::contains);
  }

  private static List<String> of(ChainWalk walk, Space space, Seen seen, Predicate<Axis> read) {
    return words(space, axis -> {
      if (!read.test(axis)) {
        return Prospect.UNKNOWN;
      }
      if (!(seen.term(axis) instanceof Term.Constant constant)) {
        return seen.term(axis);
      }
      // What is written over the same value makes no difference.
      boolean same = walk.origin().low(axis.index()) == constant.low();
      ValueSet value = ValueSet.of(constant.low());
      walk.cut().require(axis, same ? value : value.complement(axis.bits()));
      return same ? Prospect.UNKNOWN : constant;
    });
  }

  /** @param written to an axis of a mark; nothing is said of what is not known, and of what it was */
  static List<String> words(Space space, Function<Axis, Term> written) {
    List<String> words = new ArrayList<>();
    for (Field mark : List.of(Field.MARK, Field.CONNMARK)) {
      long bits = 0;
      long mask = 0;
      long copied = 0;
      for (Axis axis : space.markAxes(mark)) {
        Term value = written.apply(axis);
        if (value instanceof Term.Constant constant) {
          bits |= axis.scatter(constant.low());
          mask |= axis.mask();
        } else if (value instanceof Term.Origin origin && origin.axis() != axis) {
          copied |= axis.mask();
        }
      }
      String name = mark.name().toLowerCase(Locale.ROOT);
      if (mask != 0) {
        words.add(name + " 0x" + Long.toHexString(bits) + "/0x" + Long.toHexString(mask));
      }
      if (copied != 0) {
        words.add(name + " as " + (mark == Field.MARK ? "connmark" : "mark") + "/0x" + Long.toHexString(copied));
      }
    }
    return words;
  }
}
