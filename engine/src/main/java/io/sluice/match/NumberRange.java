package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import java.util.List;

/** {@code n} or {@code first:last} of unsigned numbers, as extensions of type XTTYPE_UINT16RC and its like have it. */
record NumberRange(long first, long last) {

  /** Reads a range; an empty first bound is 0, an empty last one is {@code max}. Bounds may run backwards. */
  static NumberRange parse(Argument argument, long max) {
    List<Argument> parts = argument.split(':');
    if (parts.size() > 2) {
      throw argument.error("too many parts: " + argument.text(), "expected number or first:last");
    }
    long first = parts.get(0).text().isEmpty() ? 0 : parts.get(0).number(0, max);
    if (parts.size() == 1) {
      return new NumberRange(first, first);
    }
    return new NumberRange(first, parts.get(1).text().isEmpty() ? max : parts.get(1).number(0, max));
  }

  boolean holds(long value) {
    return value >= first && value <= last;
  }

  /** The range on a field; one that runs backwards holds nothing. */
  Constraint constraint(Field field) {
    return first > last ? new Constraint.In(field, List.of()) : Constraint.range(field, first, last, false);
  }

  @Override
  public String toString() {
    return first == last ? Long.toString(first) : first + ":" + last;
  }
}
