package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.compile.ValueSet;
import io.sluice.net.CtState;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Rewrite;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What MARK or CONNMARK writes on one axis of a mark: {@code value & ~mask ^ flip}. Axes are cut so that each lies in the mask or
 * beside it, and is flipped as a whole or not at all.
 *
 * @param from the axis of the same bits of the other mark whose value it gets instead; empty for none
 */
record MarkChange(Axis axis, long mask, long flip, Optional<Axis> from) {
  /** Beyond so many bits what flips or copies them is not followed value by value. */
  private static final int FEW_BITS = 4;

  /** One for each axis on which something changes; empty when the target does something else. */
  static Optional<List<MarkChange>> of(ExtensionTarget target, Space space) {
    Rewrite rewrite = target.rewrite().orElse(null);
    return rewrite instanceof Rewrite.Bits bits ? Optional.of(of(space.markAxes(bits.field()), bits.mask(), bits.value()))
        : rewrite instanceof Rewrite.ConnectionBits bits ? Optional.of(of(space.markAxes(Field.CONNMARK), bits.mask(), bits.value()))
        : rewrite instanceof Rewrite.Copy copy && copy.isPlain() ? Optional.of(of(copy, space))
        : Optional.empty();
  }

  private static List<MarkChange> of(Rewrite.Copy copy, Space space) {
    List<MarkChange> changes = new ArrayList<>();
    for (Axis axis : space.markAxes(copy.to())) {
      if (axis.gather(copy.replaced()) != 0) {
        Optional<Axis> from = axis.gather(copy.taken()) == 0 ? Optional.empty()
            : space.markAxes(copy.from()).stream().filter(other -> other.mask() == axis.mask()).findFirst();
        changes.add(new MarkChange(axis, Seen.lowMask(axis.bits()), 0, from));
      }
    }
    return changes;
  }

  private static List<MarkChange> of(List<Axis> axes, int mask, int flip) {
    List<MarkChange> changes = new ArrayList<>();
    for (Axis axis : axes) {
      MarkChange change = new MarkChange(axis, axis.gather(mask), axis.gather(flip), Optional.empty());
      if (change.isConstant() || change.flip() != 0) {
        changes.add(change);
      }
    }
    return changes;
  }

  /** Whether the target leaves packets without a connection as they are. */
  static boolean isOfConnections(ExtensionTarget target) {
    Rewrite rewrite = target.rewrite().orElse(null);
    return rewrite instanceof Rewrite.ConnectionBits || rewrite instanceof Rewrite.Copy;
  }

  /** Packets with a connection. */
  static Cube connected(Space space) {
    Axis state = space.axis(Field.CTSTATE);
    return Cube.all().with(state, ValueSet.union(IntStream.range(0, CtState.COUNT).filter(CtState::hasConnection)
        .mapToObj(ValueSet::of).toList()).intersection(space.possible(state)));
  }

  /** Axes beside those of marks on which packets may have other values behind the rule: answers that depend on a mark. */
  static Set<Axis> answers(SymbolicRule rule, Space space) {
    Set<Axis> answers = new LinkedHashSet<>(rule.changes());
    answers.removeIf(space::isMark);
    return answers;
  }

  /** Whether all values become {@link #flip}. */
  boolean isConstant() {
    return from.isEmpty() && mask == Seen.lowMask(axis.bits());
  }

  /** Whether the value then does not depend on what it was. */
  boolean isNew() {
    return isConstant() || from.isPresent();
  }

  /** Values of a copied axis that are told one by one, so that who has the same already is known: all of few, else 0. */
  List<Long> singles() {
    return LongStream.range(0, axis.bits() > FEW_BITS ? 1 : 1L << axis.bits()).boxed().toList();
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
