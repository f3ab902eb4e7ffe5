package io.sluice.compile.chain;

import io.sluice.ruleset.Field;
import it.unimi.dsi.fastutil.objects.Object2ObjectOpenHashMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@link Field} bits of what each chain of a table, and those that it calls, changes in packets. After edits it may be more: what a
 * chain comes to change is said of all chains then, and what it changes no longer is still said of those that call it, so that
 * nobody has to look for these among very many. Too much costs a look-up, too little would be wrong.
 */
final class Changes {
  private final Object2ObjectOpenHashMap<String, Integer> byChain;
  private int byAny;

  Changes() {
    this.byChain = new Object2ObjectOpenHashMap<>();
  }

  private Changes(Changes original) {
    this.byChain = original.byChain.clone();
    this.byAny = original.byAny;
  }

  Changes copy() {
    return new Changes(this);
  }

  int of(String chain) {
    return byChain.get(chain) | byAny;
  }

  void remove(String chain) {
    byChain.remove(chain);
  }

  /**
   * Finds what some chains change that are new, or others than they were.
   *
   * @param chains of the table, as they are now
   * @return by name of those that were called before and change something else now, what
   */
  Map<String, Integer> find(List<String> names, Map<String, LoweredChain> chains) {
    Map<String, Integer> before = new HashMap<>();
    for (String name : names) {
      Integer then = byChain.remove(name);
      if (then != null && chains.get(name).chain.base().isEmpty()) {
        before.put(name, then);
      }
    }
    Map<String, Integer> otherwise = new HashMap<>();
    for (String name : names) {
      int now = find(name, chains, new HashSet<>());
      byChain.put(name, now);
      int then = before.getOrDefault(name, now);
      if (then != now) {
        otherwise.put(name, then ^ now);
        byAny |= now & ~then;
      }
    }
    return otherwise;
  }

  private int find(String name, Map<String, LoweredChain> chains, Set<String> seen) {
    Integer known = byChain.get(name);
    if (known != null) {
      return known | byAny;
    }
    int fields = 0;
    if (seen.add(name)) {
      LoweredChain chain = chains.get(name);
      fields = chain.changes;
      for (String jump : chain.jumps) {
        fields |= find(jump, chains, seen);
      }
    }
    return fields;
  }
}
