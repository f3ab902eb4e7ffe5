package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.net.CtState;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The packet of a {@link ChainWalk} as rules that it meets leave it: with other marks, with values that are not known, with deeds. */
final class RuleChanges {
  private final ChainWalk walk;
  private final Space space;
  private final Asking asking;
  private final boolean ofChain;
  private final Set<SymbolicRule> changers = new LinkedHashSet<>();

  /**
   * @param ofChain whether what is set of the connection's mark is followed as that of the packet's, and what is there already is not
   *     written; else both are deeds
   */
  RuleChanges(ChainWalk walk, Space space, Asking asking, boolean ofChain) {
    this.walk = walk;
    this.space = space;
    this.asking = asking;
    this.ofChain = ofChain;
  }

  /** The rules that changed it. */
  Set<SymbolicRule> changers() {
    return changers;
  }

  /** The packet with what it is asked by the rule as a deed, and as it may be then. */
  Seen telling(SymbolicRule rule, Seen seen) {
    Seen noted = seen;
    for (Asked asked : rule.shape().asked()) {
      Optional<Cube> packets = asking.tells(asked) ? seen.meets(asked.packets()) : Optional.empty();
      if (packets.isPresent()) {
        walk.cut().require(seen, packets.get());
        noted = asked.changes().isEmpty() ? noted.doing(asking.words(asked)) : changed(asked, noted);
      } else if (asking.tells(asked)) {
        asked.packets().forEach(other -> walk.cut().avoid(seen, other));
      }
    }
    return noted;
  }

  private Seen changed(Asked asked, Seen seen) {
    return unknown(asked.changes(), seen.doing(new Deed("changed by " + asked.words(), Deed.Reach.PACKET)));
  }

  private Seen unknown(Set<Axis> axes, Seen seen) {
    Seen changed = seen;
    for (Axis axis : axes) {
      changed = changed.with(axis, new Term.Unknown(space.possible(axis)));
    }
    return changed;
  }

  /** Whether it may change packets that it lets go on. */
  static boolean mayChange(SymbolicRule rule) {
    Effect.Kind kind = rule.effect().kind();
    return kind == Effect.Kind.NEXT || kind == Effect.Kind.MAY_END;
  }

  /** The packet behind a rule that changes something and lets it go on. */
  Seen changed(SymbolicRule rule, SymbolicTable table, Seen seen) {
    ExtensionTarget target = (ExtensionTarget) rule.rule().target();
    Axis state = space.axis(Field.CTSTATE);
    if (Targets.isOfTracking(target) && seen.term(state) instanceof Term.Constant && seen.point().low(state.index()) != CtState.INVALID) {
      return seen; // xt_ct_target() in net/netfilter/xt_CT.c: what has been tracked, and comes back by lo, is left alone
    }
    changers.add(rule);
    boolean ofConnections = MarkChange.isOfConnections(target);
    boolean followed = !ofConnections || ofChain && !(seen.term(state) instanceof Term.Unknown);
    Optional<List<MarkChange>> marks = !followed ? Optional.empty() : MarkChange.of(target, space).filter(changes -> changes.stream()
        .noneMatch(change -> change.from().filter(from -> seen.term(from) instanceof Term.Unknown).isPresent()));
    if (marks.isPresent() && ofConnections) {
      ValueSet connected = MarkChange.connected(space).values(state);
      walk.cut().require(seen, state, seen.isIn(state, connected) ? connected : connected.complement(state.bits()));
      if (!seen.isIn(state, connected)) {
        return seen;
      }
    }
    if (marks.isPresent()) {
      Set<Axis> answers = MarkChange.answers(rule, space);
      Seen written = written(marks.get(), seen);
      boolean flips = marks.get().stream().anyMatch(change -> !change.isNew() && seen.term(change.axis()) instanceof Term.Unknown);
      return !flips && answers.isEmpty() ? written : unknown(answers, written.doing(Deed.ofMarks(target, table)));
    }
    Optional<OctetChange> octet = OctetChange.of(target, space);
    if (ofChain && octet.flatMap(OctetChange::kept).filter(kept -> isOf(kept, seen)).isPresent()) {
      return seen;
    }
    String words = Targets.deed(target, table, WrittenMarks.of(walk, space, seen, Targets.marksRead(target, table)));
    Seen done = seen.doing(Deed.of(words, target));
    return octet.map(change -> written(change, unknown(change.answers(rule), done))).orElseGet(() -> unknown(rule.changes(), done));
  }

  private boolean isOf(Prospect.Kept kept, Seen seen) {
    Axis axis = kept.axis();
    if (seen.term(axis) instanceof Term.Unknown) {
      return false;
    }
    boolean is = seen.isIn(axis, kept.values());
    walk.cut().require(seen, axis, is ? kept.values() : kept.values().complement(axis.bits()));
    return is;
  }

  private Seen written(OctetChange change, Seen seen) {
    Axis axis = change.axis();
    if (change.isConstant()) {
      return seen.with(axis, new Term.Constant(0, change.of(0)));
    }
    if (seen.term(axis) instanceof Term.Unknown) {
      return seen.with(axis, new Term.Unknown(space.possible(axis)));
    }
    long value = seen.point().low(axis.index());
    long after = change.of(value);
    ValueSet like = change.like(value);
    ValueSet same = change.before(ValueSet.of(after));
    if (seen.term(axis) instanceof Term.Origin origin && like.size() > same.size()) {
      walk.cut().require(seen, axis, like);
      return seen.with(axis, origin.plus(after - value), walk.origin());
    }
    walk.cut().require(seen, axis, same);
    return seen.with(axis, new Term.Constant(0, after));
  }

  private Seen written(List<MarkChange> changes, Seen seen) {
    Seen changed = seen;
    for (MarkChange change : changes) {
      Axis axis = change.axis();
      if (change.isConstant()) {
        changed = changed.with(axis, new Term.Constant(0, change.flip()));
      } else if (change.from().isPresent()) {
        changed = copied(change, change.from().get(), changed);
      } else if (!(seen.term(axis) instanceof Term.Unknown)) {
        // Beside the mask bits are flipped: follow this one value.
        long value = seen.point().low(axis.index());
        walk.cut().require(seen, axis, ValueSet.of(value));
        changed = changed.with(axis, new Term.Constant(0, change.of(value)));
      }
    }
    return changed;
  }

  private Seen copied(MarkChange change, Axis from, Seen seen) {
    if (!(seen.term(from) instanceof Term.Origin origin)) {
      return seen.with(change.axis(), seen.term(from));
    }
    long value = seen.point().low(from.index());
    boolean single = change.singles().contains(value);
    walk.cut().require(seen, from, single ? ValueSet.of(value)
        : ValueSet.union(change.singles().stream().map(ValueSet::of).toList()).complement(from.bits()));
    return single ? seen.with(change.axis(), new Term.Constant(0, value)) : seen.with(change.axis(), origin, walk.origin());
  }
}
