package io.sluice.compile.chain;

import io.sluice.net.ActionParam.Backend;
import io.sluice.ruleset.Chain;
import io.sluice.walk.ChainNeeds;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A chain with its rules taken apart. */
final class LoweredChain {
  final Chain chain;
  /** The chain's name: one object in all versions of the chain, so that frames that have it are found by the reference. */
  final String name;
  final LoweredRules rules;
  /** {@link io.sluice.ruleset.Field} bits of what its own targets change. */
  final int changes;
  /** The chains that its rules jump or go to. */
  final Set<String> jumps;
  final ChainNeeds needs;

  private LoweredChain(Chain chain, String name, LoweredRules rules, int changes, Set<String> jumps, ChainNeeds needs) {
    this.chain = chain;
    this.name = name;
    this.rules = rules;
    this.changes = changes;
    this.jumps = jumps;
    this.needs = needs;
  }

  static LoweredChain of(Chain chain, Devices devices, Backend backend) {
    LoweredRules rules = lower(chain, 0, chain.rules().size(), devices, backend);
    return summed(chain, chain.name(), rules, ChainNeeds.of(chain.rules()));
  }

  private static LoweredRules lower(Chain chain, int from, int to, Devices devices, Backend backend) {
    List<LoweredRule> rules = new ArrayList<>(to - from);
    for (int i = from; i < to; i++) {
      rules.add(LoweredRule.of(chain.rules().get(i), devices, backend));
    }
    return rules.isEmpty() ? LoweredRules.NONE : LoweredRules.of(rules);
  }

  private static LoweredChain summed(Chain chain, String name, LoweredRules rules, ChainNeeds needs) {
    int changes = 0;
    Set<String> jumps = new LinkedHashSet<>();
    for (int i = 0; i < rules.count(); i++) {
      LoweredRule rule = rules.get(i);
      changes |= rule.changes;
      if (rule.jump != null) {
        jumps.add(rule.jump);
      }
    }
    return new LoweredChain(chain, name, rules, changes, jumps, needs);
  }

  /**
   * A version of a chain that has been made from another.
   *
   * @param then what it was
   * @param edit by what it differs
   */
  record Step(LoweredChain then, ChainEdit edit, LoweredChain now) {}

  /** How a later version of this chain is made from it, step by step. */
  List<Step> steps(Chain later, Devices devices, Backend backend) {
    List<Step> steps = new ArrayList<>();
    LoweredChain then = this;
    List<ChainEdit> edits = ChainEdit.all(chain.rules(), later.rules());
    for (ChainEdit edit : edits) {
      boolean last = steps.size() == edits.size() - 1;
      Chain made = last ? later : new Chain(
          later.name(), later.base(), later.counters(), edit.applied(then.chain.rules(), later.rules()), later.location());
      LoweredChain now = then.with(made, edit, devices, backend);
      steps.add(new Step(then, edit, now));
      then = now;
    }
    return steps;
  }

  /** A later version of this chain, which differs by {@code edit}. */
  private LoweredChain with(Chain later, ChainEdit edit, Devices devices, Backend backend) {
    LoweredRules added = lower(later, edit.from(), edit.end(), devices, backend);
    LoweredRules all = rules.splice(edit.from(), edit.to(), added);
    ChainNeeds laterNeeds = needs.with(chain.rules(), edit.from(), edit.to(), later.rules(), edit.end());
    for (int i = edit.from(); i < edit.to(); i++) {
      if (rules.get(i).changes != 0 || rules.get(i).jump != null) {
        return summed(later, name, all, laterNeeds);
      }
    }
    LoweredChain sum = summed(later, name, added, laterNeeds);
    sum.jumps.addAll(jumps);
    return new LoweredChain(later, name, all, changes | sum.changes, sum.jumps, laterNeeds);
  }
}
