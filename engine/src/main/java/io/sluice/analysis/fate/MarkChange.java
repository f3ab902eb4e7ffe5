package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Rewrite;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What MARK or CONNMARK writes on one axis of a mark: {@code value & ~mask ^ flip}. Axes are cut so that each lies in the mask or
 * beside it, and is flipped as a whole or not at all.
 */
record MarkChange(Axis axis, long mask, long flip) {
  /** Beyond so many bits what flips them is not followed value by value. */
  private static final int FEW_BITS = 4;

  /** One for each axis on which something changes; empty when the target does something else. */
  static Optional<List<MarkChange>> of(ExtensionTarget target, Space space) {
    if (!(target.rewrite().orElse(null) instanceof Rewrite.Bits bits)) {
      return Optional.empty();
    }
    List<MarkChange> changes = new ArrayList<>();
    for (Axis axis : space.markAxes(bits.field())) {
      MarkChange change = new MarkChange(axis, axis.gather(bits.mask()), axis.gather(bits.value()));
      if (change.isConstant() || change.flip() != 0) {
        changes.add(change);
      }
    }
    return Optional.of(changes);
  }

  /** Axes beside those of marks on which packets may have other values behind the rule: answers that depend on a mark. */
  static Set<Axis> answers(SymbolicRule rule, Space space) {
    Set<Axis> answers = new LinkedHashSet<>(rule.changes());
    answers.removeIf(space::isMark);
    return answers;
  }

  /** Whether all values become {@link #flip}. */
  boolean isConstant() {
    return mask == Seen.lowMask(axis.bits());
  }

  /**
   * How many values there are that change, each to another one.
   *
   * @throws ChainDiagram.Unfit when there are too many
   */
  long values() {
    if (axis.bits() > FEW_BITS) {
      throw new ChainDiagram.Unfit("a mark is changed in too many ways");
    }
    return 1L << axis.bits();
  }

  /** What becomes of a value. */
  long of(long value) {
    return value & ~mask ^ flip;
  }
}
