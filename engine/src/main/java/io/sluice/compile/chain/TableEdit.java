package io.sluice.compile.chain;

import io.sluice.ruleset.Chain;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * By what two versions of a table differ, found without a look into chains that are the same objects.
 *
 * @param others the chains of the later that are no chains of the earlier, or not the very objects
 * @param gone the names that the earlier alone has
 */
record TableEdit(List<Chain> others, Set<String> gone) {
  /** @param known whether the earlier has a chain of a name */
  static TableEdit between(List<Chain> then, List<Chain> now, Predicate<String> known) {
    List<Chain> others = new ArrayList<>();
    Set<String> gone = new HashSet<>();
    int at = 0;
    for (Chain chain : now) {
      if (at < then.size() && then.get(at) == chain) {
        at++;
        continue;
      }
      if (known.test(chain.name())) {
        while (at < then.size() && !then.get(at).name().equals(chain.name())) {
          gone.add(then.get(at++).name());
        }
        at++;
      }
      others.add(chain);
    }
    while (at < then.size()) {
      gone.add(then.get(at++).name());
    }
    others.forEach(chain -> gone.remove(chain.name()));
    return new TableEdit(others, gone);
  }
}
