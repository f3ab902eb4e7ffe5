package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.compile.ValueSet;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Rewrite;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;

/** What TTL, HL, TOS, DSCP or ECN writes over the TTL or the TOS of a packet. */
record OctetChange(Axis axis, Rewrite.Octet rewrite) {
  private static final int VALUES = 256;

  /** Empty when the target does something else, or more than that. */
  static Optional<OctetChange> of(ExtensionTarget target, Space space) {
    return target.rewrite().filter(Rewrite.Octet.class::isInstance).map(Rewrite.Octet.class::cast)
        .map(octet -> new OctetChange(space.axis(octet.field()), octet));
  }

  static Optional<OctetChange> of(SymbolicRule rule, Space space) {
    return rule.rule().target() instanceof ExtensionTarget target ? of(target, space) : Optional.empty();
  }

  /** Axes beside its own on which packets of the rule may have other values behind it: answers that depend on the header. */
  Set<Axis> answers(SymbolicRule rule) {
    Set<Axis> answers = new LinkedHashSet<>(rule.changes());
    answers.remove(axis);
    return answers;
  }

  /** Whether all values become the same. */
  boolean isConstant() {
    return rewrite.mask() == VALUES - 1;
  }

  /** What becomes of a value. */
  long of(long value) {
    return rewrite.of((int) value);
  }

  /** The values that become one of these. */
  ValueSet before(ValueSet after) {
    return where(value -> after.contains(of(value)));
  }

  /** What becomes of these values. */
  ValueSet after(ValueSet before) {
    List<ValueSet> after = new ArrayList<>();
    for (long value = 0; value < VALUES; value++) {
      if (before.contains(value)) {
        after.add(ValueSet.of(of(value)));
      }
    }
    return ValueSet.union(after);
  }

  /** The packets that stay what they are, if there are any. */
  Optional<Prospect.Kept> kept() {
    return Optional.of(new Prospect.Kept(axis, where(value -> of(value) == value))).filter(kept -> !kept.values().isEmpty());
  }

  /** The values that become as much more as this one does. */
  ValueSet like(long value) {
    long more = of(value) - value;
    return where(other -> of(other) - other == more);
  }

  private static ValueSet where(LongPredicate holds) {
    List<ValueSet> found = new ArrayList<>();
    for (long value = 0; value < VALUES; value++) {
      if (holds.test(value)) {
        found.add(ValueSet.of(value));
      }
    }
    return ValueSet.union(found);
  }
}
