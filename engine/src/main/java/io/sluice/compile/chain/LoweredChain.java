package io.sluice.compile.chain;

import io.sluice.net.ActionParam.Backend;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Rule;
import java.util.List;

/** A chain with its rules taken apart. */
final class LoweredChain {
  final Chain chain;
  final LoweredRule[] rules;
  /** {@link io.sluice.ruleset.Field} bits of what its own targets change. */
  final int changes;

  private LoweredChain(Chain chain, LoweredRule[] rules) {
    this.chain = chain;
    this.rules = rules;
    int fields = 0;
    for (LoweredRule rule : rules) {
      fields |= rule.changes;
    }
    this.changes = fields;
  }

  /** Takes over from an earlier version of the chain, which may be null, the rules at its beginning and its end. */
  static LoweredChain of(Chain chain, LoweredChain before, Devices devices, Backend backend) {
    if (before != null && before.chain.rules() == chain.rules()) {
      return before;
    }
    List<Rule> now = chain.rules();
    LoweredRule[] then = before == null ? new LoweredRule[0] : before.rules;
    LoweredRule[] lowered = new LoweredRule[now.size()];
    int first = 0;
    while (first < lowered.length && first < then.length && now.get(first) == then[first].rule) {
      lowered[first] = then[first];
      first++;
    }
    int last = lowered.length;
    int shift = then.length - lowered.length;
    while (last > first && last + shift > first && now.get(last - 1) == then[last - 1 + shift].rule) {
      last--;
      lowered[last] = then[last + shift];
    }
    for (int i = first; i < last; i++) {
      lowered[i] = LoweredRule.of(now.get(i), devices, backend);
    }
    return new LoweredChain(chain, lowered);
  }
}
