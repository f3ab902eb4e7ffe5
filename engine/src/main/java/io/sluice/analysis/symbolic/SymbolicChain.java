package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A chain whose rules are sets of packets. */
public final class SymbolicChain {
  /** Targets after which the packet is as it was, as far as any match can tell that a rule's shape speaks of. */
  private static final Set<String> KEEPING = Set.of("LOG", "NFLOG", "AUDIT", "TRACE", "TEE", "IDLETIMER", "LED", "RATEEST",
      "CLASSIFY", "SECMARK", "CONNSECMARK", "SET", "REJECT");

  /** Targets that change nothing but marks. */
  private static final Set<String> MARKING = Set.of("MARK", "CONNMARK", "HMARK", "SET");

  private final Chain chain;
  private final List<SymbolicRule> rules = new ArrayList<>();
  private final List<SymbolicRule> diverters = new ArrayList<>();
  private final List<SymbolicRule> callers = new ArrayList<>();
  private RuleIndex index;
  private RuleMeetings meetings;

  SymbolicChain(Space space, Chain chain, List<RuleShape> shapes) {
    this.chain = chain;
    for (Rule rule : chain.rules()) {
      Effect effect = Effect.of(rule.target());
      RuleShape shape = changing(space, shapes.get(rules.size()));
      SymbolicRule symbolic = new SymbolicRule(this, rules.size(), rule, shape, effect, changes(space, rule, shape, effect));
      rules.add(symbolic);
      if (symbolic.effect().diverts()) {
        diverters.add(symbolic);
      }
    }
  }

  /** With what depends, of all that rules ask, on what matches of this one change. */
  private static RuleShape changing(Space space, RuleShape shape) {
    if (shape.asked().isEmpty() || shape.asked().stream().allMatch(asked -> asked.changes().isEmpty())) {
      return shape;
    }
    List<RuleShape.Asked> asked = shape.asked().stream().map(one -> one.changes().isEmpty() ? one
        : one.with(Set.copyOf(space.changing(one.changes().stream().flatMap(axis -> axis.field().stream())
            .collect(Collectors.toSet()), false)))).toList();
    return new RuleShape(shape.must(), shape.may(), asked);
  }

  /** On which axes packets that go on behind the rule, or in it, may have other values. */
  private static Set<Axis> changes(Space space, Rule rule, RuleShape shape, Effect effect) {
    if (shape.asked().isEmpty() && !(rule.target() instanceof ExtensionTarget)) {
      return Set.of();
    }
    Set<Axis> changed = new LinkedHashSet<>();
    shape.asked().forEach(asked -> changed.addAll(asked.changes()));
    if (effect.kind() == Effect.Kind.END || !(rule.target() instanceof ExtensionTarget target)
        || KEEPING.contains(target.name()) && target.changes().isEmpty()) {
      return changed;
    }
    changed.addAll(space.changing(target.changes(), !MARKING.contains(target.name())));
    if (target.rewrite().orElse(null) instanceof Rewrite.Copy copy) {
      space.markAxes(copy.to()).stream().filter(axis -> axis.gather(copy.written()) == 0).forEach(changed::remove);
    }
    if (target.name().equals("CT")) {
      changed.add(space.axis(Field.CTSTATE)); // a template looks like a connection to matches in raw
    }
    return changed;
  }

  void called(SymbolicRule by) {
    callers.add(by);
  }

  public String name() {
    return chain.name();
  }

  /** The chain itself. */
  public Chain chain() {
    return chain;
  }

  /** Its hook and policy; empty for a user chain. */
  public Optional<BaseChain> base() {
    return chain.base();
  }

  public List<SymbolicRule> rules() {
    return rules;
  }

  /** The rules that a packet may leave the chain by: RETURN and goto. */
  List<SymbolicRule> diverters() {
    return diverters;
  }

  /** Whether a packet that enters a base chain comes here at most once. */
  boolean isPassedOnce() {
    return callers.isEmpty() || callers.size() == 1 && callers.get(0).chain().isPassedOnce();
  }

  /** The rules that jump or go here. */
  public List<SymbolicRule> callers() {
    return List.copyOf(callers);
  }

  /** The first rule at or behind {@code from} that may match the point, or null. */
  SymbolicRule firstMatch(Point point, int from, Space space) {
    if (index == null) {
      index = RuleIndex.of(rules, space);
    }
    return index.firstMatch(point, from);
  }

  /**
   * The rules from {@code from} to before {@code to} in their order; in a long chain those alone that some packets may meet, which
   * may match or be asked.
   *
   * @param values what the packets may have on an axis; null for anything
   */
  public List<SymbolicRule> met(int from, int to, Function<Axis, ValueSet> values) {
    if (meetings == null) {
      meetings = new RuleMeetings(rules);
    }
    return meetings.between(from, to, values);
  }

  @Override
  public String toString() {
    return name();
  }
}
