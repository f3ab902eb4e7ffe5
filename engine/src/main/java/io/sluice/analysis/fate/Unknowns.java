package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What is unknown of packets on their way through a base chain, since a target or a match has changed it: sets of axes. Most chains
 * have one, {@link #NONE}.
 *
 * <pre>
 *   -j MARK --set-mark 1          nothing is unknown
 *   -j CONNMARK --restore-mark    nothing; behind what makes the connection's mark unknown, the mark is, too
 *   -j HMARK                      the mark is, until something is written to it
 *   -j TTL --ttl-dec 1            nothing; behind what makes the TTL unknown, that stays unknown
 * </pre>
 */
final class Unknowns {
  static final Set<Axis> NONE = Set.of();
  private static final int MOST = 8;

  private final Space space;
  /** Axes on which packets may get another value. */
  private final Set<Axis> changed = new LinkedHashSet<>();
  /** Axes of which it matters whether they are known. */
  private final Set<Axis> asked = new LinkedHashSet<>();
  private final Set<Set<Axis>> all = new LinkedHashSet<>(List.of(NONE));

  private Unknowns(Space space) {
    this.space = space;
  }

  /** @throws ChainDiagram.Unfit when there are too many */
  static Unknowns of(SymbolicTable table, SymbolicChain base) {
    Unknowns unknowns = new Unknowns(table.space());
    List<SymbolicRule> changing = new ArrayList<>();
    for (SymbolicChain chain : table.reachable(base)) {
      for (SymbolicRule rule : chain.rules()) {
        unknowns.add(rule, changing);
      }
    }
    unknowns.follow(changing);
    return unknowns;
  }

  private void add(SymbolicRule rule, List<SymbolicRule> changing) {
    ask(rule.shape().may());
    boolean answers = false;
    for (Asked one : rule.shape().asked()) {
      ask(one.packets());
      one.key().ifPresent(asked::add);
      changed.addAll(one.changes());
      answers |= !one.changes().isEmpty();
    }
    if (answers && rule.shape().asked().size() > 1) {
      throw new ChainDiagram.Unfit("packets are changed between matches of " + rule);
    }
    List<MarkChange> marks = marks(rule, NONE).orElse(List.of());
    marks.forEach(change -> {
      changed.add(change.axis());
      asked.add(change.axis());
      change.from().ifPresent(asked::add);
    });
    if (goesOn(rule)) {
      changed.addAll(marks(rule, NONE).isEmpty() ? rule.changes() : MarkChange.answers(rule, space));
    }
    if (isOfConnections(rule)) {
      asked.add(space.axis(Field.CTSTATE));
      changed.addAll(rule.changes());
    }
    if (answers || !marks.isEmpty() || goesOn(rule) && !rule.changes().isEmpty()) {
      changing.add(rule);
    }
  }

  private void ask(List<Cube> cubes) {
    for (Cube cube : cubes) {
      for (int i = 0; i < cube.size(); i++) {
        asked.add(cube.axis(i));
      }
    }
  }

  /** What the rule writes to marks; empty when it does something else, or it is not known whether it does, or what. */
  Optional<List<MarkChange>> marks(SymbolicRule rule, Set<Axis> unknown) {
    if (!(rule.rule().target() instanceof ExtensionTarget target)
        || isOfConnections(rule) && unknown.contains(space.axis(Field.CTSTATE))) {
      return Optional.empty();
    }
    return MarkChange.of(target, space)
        .filter(changes -> changes.stream().noneMatch(change -> change.from().filter(unknown::contains).isPresent()));
  }

  static boolean isOfConnections(SymbolicRule rule) {
    return rule.rule().target() instanceof ExtensionTarget target && MarkChange.isOfConnections(target);
  }

  private static boolean goesOn(SymbolicRule rule) {
    return rule.effect().kind() == Effect.Kind.NEXT || rule.effect().kind() == Effect.Kind.MAY_END;
  }

  private void follow(List<SymbolicRule> changing) {
    List<Set<Axis>> open = new ArrayList<>(all);
    while (!open.isEmpty()) {
      Set<Axis> unknown = open.remove(open.size() - 1);
      for (SymbolicRule rule : changing) {
        List<Set<Axis>> next = new ArrayList<>(List.of(behind(rule, unknown)));
        rule.shape().asked().forEach(one -> {
          next.add(and(unknown, one.changes()));
          next.add(behind(rule, and(unknown, one.changes())));
        });
        next.stream().filter(all::add).forEach(open::add);
        if (all.size() > MOST) {
          throw new ChainDiagram.Unfit("packets are changed in too many ways, by " + rule);
        }
      }
    }
  }

  /** Axes on which packets may get another value. */
  Set<Axis> changed() {
    return changed;
  }

  /** What is unknown behind the target of the rule. */
  Set<Axis> behind(SymbolicRule rule, Set<Axis> unknown) {
    Optional<List<MarkChange>> marks = marks(rule, unknown);
    if (marks.isEmpty() && goesOn(rule)) {
      return OctetChange.of(rule, space).map(change -> and(written(change, unknown), change.answers(rule)))
          .orElseGet(() -> and(unknown, rule.changes()));
    }
    if (marks.isEmpty()) {
      return unknown;
    }
    Set<Axis> left = new HashSet<>(unknown);
    marks.get().stream().filter(MarkChange::isNew).forEach(change -> left.remove(change.axis()));
    return and(left, MarkChange.answers(rule, space));
  }

  /** What is left of it behind what writes a TTL or a TOS. */
  Set<Axis> written(OctetChange change, Set<Axis> unknown) {
    if (!change.isConstant() || !unknown.contains(change.axis())) {
      return unknown;
    }
    Set<Axis> left = new HashSet<>(unknown);
    left.remove(change.axis());
    return Set.copyOf(left);
  }

  /** With these, as far as it matters. */
  Set<Axis> and(Set<Axis> unknown, Set<Axis> more) {
    Set<Axis> both = new HashSet<>(more);
    both.retainAll(asked);
    both.addAll(unknown);
    return Set.copyOf(both);
  }

  /** Something for each. */
  <T> Map<Set<Axis>, T> each(Function<Set<Axis>, T> made) {
    Map<Set<Axis>, T> each = new LinkedHashMap<>();
    all.forEach(unknown -> each.put(unknown, made.apply(unknown)));
    return each;
  }

  /** The cubes with any value where packets may get another one. */
  List<Cube> freed(List<Cube> cubes) {
    return Cubes.free(cubes, changed);
  }

  /** Packets that may be in one of the cubes, by what is known of them. */
  List<Cube> may(List<Cube> cubes, Set<Axis> unknown) {
    return unknown.isEmpty() ? cubes
        : Cubes.free(cubes.stream().filter(cube -> unknown.stream().allMatch(axis -> may(cube, axis))).toList(), unknown);
  }

  /** Packets that are in one of the cubes for certain. */
  List<Cube> must(List<Cube> cubes, Set<Axis> unknown) {
    return unknown.isEmpty() ? cubes
        : Cubes.free(cubes.stream().filter(cube -> unknown.stream().allMatch(axis -> must(cube, axis))).toList(), unknown);
  }

  /** Packets of which it is not known whether they are in one of the cubes. */
  List<Cube> open(List<Cube> cubes, Set<Axis> unknown) {
    return unknown.isEmpty() ? List.of()
        : may(cubes.stream().filter(cube -> !unknown.stream().allMatch(axis -> must(cube, axis))).toList(), unknown);
  }

  /** Whether it is not known by what a match of the rule tells apart what it remembers. */
  static boolean isReminded(SymbolicRule rule, Set<Axis> unknown) {
    return !unknown.isEmpty() && rule.shape().asked().stream().anyMatch(one -> one.key().filter(unknown::contains).isPresent());
  }

  private boolean may(Cube cube, Axis axis) {
    ValueSet set = cube.values(axis);
    return set == null || set.intersects(space.possible(axis));
  }

  private boolean must(Cube cube, Axis axis) {
    ValueSet set = cube.values(axis);
    return set == null || set.containsAll(space.possible(axis));
  }
}
