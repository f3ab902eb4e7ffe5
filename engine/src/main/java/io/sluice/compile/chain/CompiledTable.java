package io.sluice.compile.chain;

import io.sluice.ruleset.Table;
import java.util.Map;

/**
 * A table's programs.
 *
 * @param table what was compiled; null when there was none
 * @param lowered the rules of each chain
 * @param changes {@link io.sluice.ruleset.Field} bits of what each chain, and those that it calls, changes
 * @param programs by name of the chain
 */
record CompiledTable(
    Table table, Map<String, LoweredChain> lowered, Map<String, Integer> changes, Map<String, ChainProgram> programs) {
  static final CompiledTable NONE = new CompiledTable(null, Map.of(), Map.of(), Map.of());
}
