package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A chain whose rules are sets of packets. */
public final class SymbolicChain {
  private final Chain chain;
  private final List<SymbolicRule> rules = new ArrayList<>();
  private final List<SymbolicRule> diverters = new ArrayList<>();
  private final List<SymbolicRule> callers = new ArrayList<>();
  private RuleIndex index;

  SymbolicChain(Space space, Host host, Chain chain) {
    this.chain = chain;
    for (Rule rule : chain.rules()) {
      SymbolicRule symbolic = new SymbolicRule(
          this, rules.size(), rule, space.shape(rule, host), Effect.of(rule.target()), changes(space, rule));
      rules.add(symbolic);
      if (symbolic.effect().diverts()) {
        diverters.add(symbolic);
      }
    }
  }

  private static Set<Axis> changes(Space space, Rule rule) {
    Set<Axis> changed = new LinkedHashSet<>();
    if (rule.target() instanceof ExtensionTarget target) {
      for (Field field : target.changes()) {
        changed.addAll(space.axesOf(field));
      }
      if (!changed.isEmpty()) {
        // What only a match can say may be about the changed field too.
        space.axes().stream().filter(Axis::isAnswer).forEach(changed::add);
      }
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

  /** The rules in {@code from .. to - 1} that may match a packet of the cube. */
  List<SymbolicRule> intersecting(Cube cube, int from, int to) {
    List<SymbolicRule> found = new ArrayList<>();
    for (int i = from; i < to; i++) {
      for (Cube may : rules.get(i).shape().may()) {
        if (may.intersects(cube)) {
          found.add(rules.get(i));
          break;
        }
      }
    }
    return found;
  }

  @Override
  public String toString() {
    return name();
  }
}
