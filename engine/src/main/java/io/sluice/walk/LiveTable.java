package io.sluice.walk;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Table;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** A loaded table: live chains by name. */
public final class LiveTable {
  private final Family family;
  private final Backend backend;
  private final Table table;
  private final Map<String, LiveChain> chains = new LinkedHashMap<>();
  private Runnable settle = () -> {};

  LiveTable(Family family, Backend backend, Table table, Function<Chain, ChainNeeds> needs) {
    this.family = family;
    this.backend = backend;
    this.table = table;
    for (Chain chain : table.chains()) {
      chains.put(chain.name(), new LiveChain(this, chain, needs.apply(chain)));
    }
    chains.values().forEach(LiveChain::resolve);
  }

  LiveTable(LiveTable original) {
    this.family = original.family;
    this.backend = original.backend;
    this.table = original.table;
    original.chains.forEach((name, chain) -> chains.put(name, new LiveChain(this, chain)));
    chains.values().forEach(LiveChain::resolve);
  }

  /** Has evaluators put the counts that they keep aside where they belong. */
  void settle() {
    settle.run();
  }

  void beforeReading(Runnable action) {
    settle = action;
  }

  public Family family() {
    return family;
  }

  public Backend backend() {
    return backend;
  }

  public String name() {
    return table.name();
  }

  public Table table() {
    return table;
  }

  /** The chain of that name; the rule set's reader has made sure that jumps have one. */
  public LiveChain chain(String name) {
    LiveChain chain = chains.get(name);
    if (chain == null) {
      throw new IllegalArgumentException("no chain '" + name + "' in table " + name());
    }
    return chain;
  }

  public Collection<LiveChain> chains() {
    return chains.values();
  }
}
