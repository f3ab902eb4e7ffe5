package io.sluice.compile.chain;

import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Table;
import io.sluice.walk.ChainNeeds;
import io.sluice.walk.TableIndex;
import it.unimi.dsi.fastutil.objects.Object2ObjectOpenHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * A table's programs. Safe to share.
 *
 * @param table what was compiled; null when there was none
 * @param compiler makes the programs that are not there
 * @param lowered the rules of each chain
 * @param changes what each chain, and those that it calls, changes
 * @param bases the base chains
 * @param needs what the rules of any chain need
 * @param programs by name of the chain; those that an edit has left to be compiled come when they are asked for
 */
record CompiledTable(Table table, ProgramCompiler compiler, Object2ObjectOpenHashMap<String, LoweredChain> lowered,
    Changes changes, List<Chain> bases, int needs, ConcurrentMap<String, ChainProgram> programs)
    implements TableIndex {
  static final CompiledTable NONE = new CompiledTable(
      null, null, new Object2ObjectOpenHashMap<>(), new Changes(), List.of(), 0, new ConcurrentHashMap<>());

  List<Chain> chains() {
    return table == null ? List.of() : table.chains();
  }

  /** The program of a chain, compiled now where it was not. */
  ChainProgram program(String chain) {
    return programs.computeIfAbsent(chain, name -> compiler.compile(name, null, of(bases, programs)));
  }

  /** The program with all in place that it has when compiled from the beginning; it is, now, where an edit has changed that. */
  ChainProgram inPlace(String chain) {
    return program(chain).isEditedToCall()
        ? programs.compute(chain, (name, known) -> known.isEditedToCall() ? compiler.compile(name, null, List.of()) : known)
        : program(chain);
  }

  /** The programs that are there of some chains. */
  static List<ChainProgram> of(List<Chain> chains, Map<String, ChainProgram> programs) {
    return chains.stream().map(chain -> programs.get(chain.name())).filter(Objects::nonNull).toList();
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
