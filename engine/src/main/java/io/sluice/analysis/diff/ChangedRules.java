package io.sluice.analysis.diff;

import io.sluice.analysis.fate.RuleMeaning;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Where two versions of a base chain may differ at all: a packet that matches none of the rules that only one of them has
 * meets the same rules in the same order in both.
 */
final class ChangedRules {
  /** Beyond this many ways to a chain, who calls it is not looked at. */
  private static final int MAX_WAYS = 16;

  private ChangedRules() {}

  /**
   * Cubes outside which both treat every packet alike; empty when they are the same throughout.
   *
   * @param goOn is asked at each chain, and at each rule that only one of them has
   * @throws Interrupted when it is not to go on
   */
  static List<Cube> cubes(
      SymbolicTable a, SymbolicChain baseA, SymbolicTable b, SymbolicChain baseB, BooleanSupplier goOn) {
    if (!baseA.base().orElseThrow().policy().equals(baseB.base().orElseThrow().policy())) {
      return Cubes.ALL;
    }
    Set<Axis> rewritten = new LinkedHashSet<>(rewritten(a, baseA));
    rewritten.addAll(rewritten(b, baseB));
    Set<Cube> cubes = new LinkedHashSet<>();
    for (SymbolicChain chainA : a.reachable(baseA)) {
      ask(goOn);
      Optional<SymbolicChain> chainB = chainA == baseA ? Optional.of(baseB) : b.find(chainA.name());
      if (chainB.isEmpty()) {
        continue; // only rules that the other one does not have lead there
      }
      List<SymbolicRule> rulesA = meaningful(chainA);
      List<SymbolicRule> rulesB = meaningful(chainB.get());
      Alignment alignment = Alignment.of(rulesA.stream().map(rule -> RuleMeaning.of(rule, a)).toList(),
          rulesB.stream().map(rule -> RuleMeaning.of(rule, b)).toList());
      add(cubes, a, baseA, rulesA, alignment.onlyA(), rewritten, goOn);
      add(cubes, b, baseB, rulesB, alignment.onlyB(), rewritten, goOn);
    }
    return List.copyOf(cubes);
  }

  private static List<SymbolicRule> meaningful(SymbolicChain chain) {
    return chain.rules().stream().filter(rule -> !RuleMeaning.met(rule).isEmpty() && !RuleMeaning.isIdle(rule)).toList();
  }

  /** The axes whose values a packet may get on its way through the chain. */
  static Set<Axis> rewritten(SymbolicTable table, SymbolicChain base) {
    Set<Axis> axes = new LinkedHashSet<>();
    for (SymbolicChain chain : table.reachable(base)) {
      chain.rules().forEach(rule -> axes.addAll(rule.changes()));
    }
    return axes;
  }

  private static void ask(BooleanSupplier goOn) {
    if (!goOn.getAsBoolean()) {
      throw new Interrupted();
    }
  }

  private static void add(Set<Cube> cubes, SymbolicTable table, SymbolicChain base, List<SymbolicRule> rules, BitSet which,
      Set<Axis> rewritten, BooleanSupplier goOn) {
    for (int i = which.nextSetBit(0); i >= 0; i = which.nextSetBit(i + 1)) {
      ask(goOn);
      cubes.addAll(onAllWays(rules.get(i), RuleMeaning.met(rules.get(i)), table, base, rewritten));
    }
  }

  /**
   * The packets, as they come to the base chain, that may come to the rule and be among {@code its} there.
   *
   * @param rewritten see {@link #rewritten}
   */
  static List<Cube> onAllWays(SymbolicRule rule, List<Cube> its, SymbolicTable table, SymbolicChain base, Set<Axis> rewritten) {
    List<Cube> met = new ArrayList<>();
    int[] ways = {0};
    boolean all = table.waysTo(rule, base, way -> {
      List<Cube> could = Cubes.free(its, rewritten);
      for (SymbolicRule step : way.subList(0, way.size() - 1)) {
        could = Cubes.and(could, Cubes.free(step.shape().may(), rewritten));
      }
      met.addAll(could);
      return ++ways[0] < MAX_WAYS;
    });
    return all ? met : Cubes.free(its, rewritten);
  }
}
