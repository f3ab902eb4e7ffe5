package io.sluice.compile.chain;

import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import java.util.Map;

/**
 * A table's programs.
 *
 * @param table what was compiled; null when there was none
 * @param lowered its rules, by identity, for the compiler of an edited table
 * @param programs by name of the chain
 */
record CompiledTable(Table table, Map<Rule, LoweredRule> lowered, Map<String, ChainProgram> programs) {
  static final CompiledTable NONE = new CompiledTable(null, Map.of(), Map.of());
}
