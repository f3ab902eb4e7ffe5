package io.sluice.compile.chain;

import io.sluice.ruleset.Rule;
import java.util.List;

/**
 * By what two versions of a chain differ: the rules {@code from .. to - 1} of the earlier have made way for
 * {@code from .. end - 1} of the later, and the others are the same objects.
 */
record ChainEdit(int from, int to, int end) {
  static ChainEdit between(List<Rule> then, List<Rule> now) {
    int shorter = Math.min(then.size(), now.size());
    int from = 0;
    while (from < shorter && then.get(from) == now.get(from)) {
      from++;
    }
    int to = then.size();
    int end = now.size();
    while (to > from && end > from && then.get(to - 1) == now.get(end - 1)) {
      to--;
      end--;
    }
    return new ChainEdit(from, to, end);
  }

  boolean isEmpty() {
    return from == to && from == end;
  }

  /** By how many the rules have become more. */
  int growth() {
    return end - to;
  }
}
