package io.sluice.compile.chain;

import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Table;
import io.sluice.walk.ChainNeeds;
import io.sluice.walk.TableIndex;
import it.unimi.dsi.fastutil.objects.Object2ObjectOpenHashMap;
import java.util.List;
import java.util.Map;

/**
 * A table's programs.
 *
 * @param table what was compiled; null when there was none
 * @param lowered the rules of each chain
 * @param changes {@link io.sluice.ruleset.Field} bits of what each chain, and those that it calls, changes
 * @param bases the base chains
 * @param needs what the rules of any chain need
 * @param programs by name of the chain
 */
record CompiledTable(Table table, Object2ObjectOpenHashMap<String, LoweredChain> lowered,
    Object2ObjectOpenHashMap<String, Integer> changes, List<Chain> bases, int needs, Map<String, ChainProgram> programs)
    implements TableIndex {
  static final CompiledTable NONE =
      new CompiledTable(null, new Object2ObjectOpenHashMap<>(), new Object2ObjectOpenHashMap<>(), List.of(), 0, Map.of());

  List<Chain> chains() {
    return table == null ? List.of() : table.chains();
  }

  @Override
  public Chain chain(String name) {
    LoweredChain chain = lowered.get(name);
    return chain == null ? null : chain.chain;
  }

  @Override
  public ChainNeeds needs(String chain) {
    return lowered.get(chain).needs;
  }
}
