package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.CubeIndex;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.compile.ValueSet;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntIterator;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Finds the rules of a chain that packets of a cube may meet: match, or be asked by. Of a short chain that is all of them. */
final class RuleMeetings {
  /** Chains up to this length are not searched. */
  private static final int SHORT = 48;

  private final List<SymbolicRule> rules;
  /** The rule of each cube, ascending. */
  private final IntArrayList ruleOf = new IntArrayList();
  private final Set<Axis> axes = new LinkedHashSet<>();
  /** Null for a short chain. */
  private final CubeIndex index;

  RuleMeetings(List<SymbolicRule> rules) {
    this.rules = rules;
    List<Cube> cubes = new ArrayList<>();
    if (rules.size() > SHORT) {
      for (SymbolicRule rule : rules) {
        add(rule, rule.shape().may(), cubes);
        for (Asked asked : rule.shape().asked()) {
          add(rule, asked.packets(), cubes);
        }
      }
    }
    this.index = rules.size() > SHORT ? new CubeIndex(cubes) : null;
  }

  private void add(SymbolicRule rule, List<Cube> met, List<Cube> cubes) {
    for (Cube cube : met) {
      cubes.add(cube);
      ruleOf.add(rule.index());
      for (int i = 0; i < cube.size(); i++) {
        axes.add(cube.axis(i));
      }
    }
  }

  /**
   * The rules from {@code from} to before {@code to} but for some that meet no such packet, in their order.
   *
   * @param values what packets may have on an axis, of which there is something; null for anything
   */
  List<SymbolicRule> between(int from, int to, Function<Axis, ValueSet> values) {
    if (index == null) {
      return rules.subList(from, to);
    }
    Cube cube = Cube.all();
    for (Axis axis : axes) {
      ValueSet set = values.apply(axis);
      cube = set == null ? cube : cube.with(axis, set);
    }
    List<SymbolicRule> met = new ArrayList<>();
    int last = -1;
    for (IntIterator found = index.intersecting(cube).iterator(); found.hasNext(); ) {
      int rule = ruleOf.getInt(found.nextInt());
      if (rule >= from && rule < to && rule != last) {
        met.add(rules.get(rule));
        last = rule;
      }
    }
    return met;
  }
}
