package io.sluice.analysis.lint;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Rules that ask for marks which no rule of the host sets.
 *
 * <p>A packet comes without a mark, and so does a connection; each rule that sets some bits of it adds the values that it
 * makes of those that there are. The bits that rules do not tell apart are looked at together, others for themselves: what is
 * not among the values found is set by no rule, whatever comes before which. A program may still set a mark of its own
 * (SO_MARK), as may what stands outside netfilter; so the rule is not called dead.
 */
final class MarkLint {
  private static final List<Field> MARKS = List.of(Field.MARK, Field.CONNMARK);
  /** More values of some bits than this are taken as any. */
  private static final int MOST_VALUES = 4_096;

  private final Space space;
  /** By axis of the mark fields; none for fields that may have any value. */
  private final Map<Axis, ValueSet> values = new HashMap<>();

  MarkLint(Space space, Host host) {
    this.space = space;
    // A tunnel takes the mark of what it carries, which may be of the other family; a connection has no packets of that.
    List<Rule> rules = Arrays.stream(Family.values()).flatMap(family -> host.rules(family).rules()).toList();
    List<Rewrite.Bits> bits = new ArrayList<>();
    if (rules.stream().allMatch(rule -> isUnderstood(rule, Field.MARK, bits))) {
      space.markAxes(Field.MARK).forEach(axis -> follow(axis, bits));
    }
    List<Rewrite.Bits> none = new ArrayList<>();
    boolean unmarked = host.conntrack().stream().allMatch(connection -> connection.mark() == 0);
    if (unmarked && host.rules(space.family()).rules().allMatch(rule -> isUnderstood(rule, Field.CONNMARK, none))) {
      space.markAxes(Field.CONNMARK).forEach(axis -> follow(axis, none));
    }
  }

  /** Whether the rule leaves the field as it is, or sets some of its bits, which are added. */
  private static boolean isUnderstood(Rule rule, Field field, List<Rewrite.Bits> bits) {
    if (Rewriters.rewrites(rule.target())) {
      return false; // a program
    }
    for (Match match : rule.matches()) {
      if (match.changes().contains(field)) {
        return false; // a socket's own mark
      }
    }
    if (!(rule.target() instanceof ExtensionTarget target) || !target.changes().contains(field)) {
      return true;
    }
    Optional<Rewrite> rewrite = target.rewrite();
    rewrite.filter(Rewrite.Bits.class::isInstance).map(Rewrite.Bits.class::cast).filter(b -> b.field() == field).ifPresent(bits::add);
    return rewrite.isPresent() && rewrite.get() instanceof Rewrite.Bits;
  }

  /** All values that come of 0; nothing is kept when there are too many. */
  private void follow(Axis axis, List<Rewrite.Bits> bits) {
    Set<Long> found = new HashSet<>(Set.of(0L));
    Set<Long> open = new LinkedHashSet<>(found);
    while (!open.isEmpty() && found.size() <= MOST_VALUES) {
      Set<Long> next = new LinkedHashSet<>();
      for (long value : open) {
        for (Rewrite.Bits rewrite : bits) {
          long made = value & ~axis.gather(rewrite.mask()) ^ axis.gather(rewrite.value());
          if (found.add(made)) {
            next.add(made);
          }
        }
      }
      open = next;
    }
    if (open.isEmpty()) {
      values.put(axis, ValueSet.union(found.stream().map(ValueSet::of).toList()));
    }
  }

  /** What there is to say of a rule that packets get to. */
  Optional<Finding> examine(SymbolicRule rule, Subject subject) {
    for (Field field : MARKS) {
      if (asksForMore(rule, field)) {
        String whose = field == Field.MARK ? "a mark" : "a connection's mark";
        String who = field == Field.MARK ? "only a program (SO_MARK) or something outside netfilter may" : "connections have none";
        return Optional.of(new Finding(Code.MARK_NEVER_SET, Severity.NOTE, subject,
            "asks for " + whose + " that no rule of the host sets: " + who, List.of()));
      }
    }
    return Optional.empty();
  }

  private boolean asksForMore(SymbolicRule rule, Field field) {
    for (Cube cube : rule.shape().may()) {
      if (!asksForMore(cube, field)) {
        return false;
      }
    }
    return true;
  }

  private boolean asksForMore(Cube cube, Field field) {
    for (Axis axis : space.markAxes(field)) {
      ValueSet asked = cube.values(axis);
      if (asked != null && values.containsKey(axis) && !values.get(axis).intersects(asked)) {
        return true;
      }
    }
    return false;
  }
}
