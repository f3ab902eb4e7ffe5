package io.sluice.walk;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/** A loaded table: live chains by name, each made when it is first asked for. */
public final class LiveTable {
  private final Family family;
  private final Backend backend;
  private final Table table;
  private final TableIndex index;
  private final IntSupplier ordinals;
  private final Map<String, LiveChain> chains = new HashMap<>();
  /** The same, in the order in which somebody first asked for them. */
  private final List<LiveChain> loaded = new ArrayList<>();
  /** Whether the numbers that its chains were loaded with count no more. */
  private boolean zeroed;
  private Runnable settle = () -> {};

  /** @param ordinals gives the numbers of chains */
  LiveTable(Family family, Backend backend, Table table, TableIndex index, IntSupplier ordinals) {
    this.family = family;
    this.backend = backend;
    this.table = table;
    this.index = index;
    this.ordinals = ordinals;
  }

  LiveTable(LiveTable original, IntSupplier ordinals) {
    this(original.family, original.backend, original.table, original.index, ordinals);
    this.zeroed = original.zeroed;
    original.loaded.forEach(chain -> keep(new LiveChain(this, chain)));
    List.copyOf(loaded).forEach(LiveChain::resolve);
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
    return chain == null ? load(name) : chain;
  }

  private LiveChain load(String name) {
    Chain chain = index.chain(name);
    if (chain == null) {
      throw new IllegalArgumentException("no chain '" + name + "' in table " + name());
    }
    LiveChain live = new LiveChain(this, chain, index.needs(name), ordinals.getAsInt());
    if (zeroed) {
      live.zero();
    }
    keep(live);
    return live;
  }

  private void keep(LiveChain chain) {
    chains.put(chain.name(), chain);
    loaded.add(chain);
  }

  /** All chains, in the table's order. */
  public List<LiveChain> chains() {
    return table.chains().stream().map(chain -> chain(chain.name())).toList();
  }

  /** The chains that somebody has asked for, in the order in which that was first done: more come to its end. */
  List<LiveChain> loaded() {
    return loaded;
  }

  /** The base chains. */
  public List<LiveChain> bases() {
    return index.bases().stream().map(chain -> chain(chain.name())).toList();
  }

  /** What its rules need: bits of {@link Needs}. */
  int needs() {
    return index.needs();
  }

  void zero() {
    zeroed = true;
    loaded.forEach(LiveChain::zero);
  }

  /** Matches and targets remember nothing any more. */
  void forget() {
    loaded.forEach(LiveChain::forget);
  }

  /** The table with the counters of this moment. */
  Table snapshot() {
    settle();
    return new Table(table.name(), table.chains().stream()
        .map(chain -> zeroed || chains.containsKey(chain.name()) ? chain(chain.name()).snapshot() : chain).toList());
  }
}
