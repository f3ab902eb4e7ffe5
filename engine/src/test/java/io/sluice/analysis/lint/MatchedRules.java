package io.sluice.analysis.lint;

import io.sluice.net.SkBuff;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Target;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which rules of a chain without calls a packet matches, asked of the matches one by one, up to the one that decides. */
final class MatchedRules {
  private MatchedRules() {}

  static Set<Integer> of(List<Rule> rules, SkBuff skb) {
    Set<Integer> matched = new TreeSet<>();
    for (int i = 0; i < rules.size(); i++) {
      if (rules.get(i).matches().stream().allMatch(match -> match.matches(skb, null))) {
        matched.add(i);
        if (rules.get(i).target() instanceof Target.Decide) {
          return matched;
        }
      }
    }
    return matched;
  }
}
