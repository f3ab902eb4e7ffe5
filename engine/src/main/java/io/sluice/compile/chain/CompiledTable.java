package io.sluice.compile.chain;

import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Table;
import io.sluice.walk.ChainNeeds;
import io.sluice.walk.TableIndex;
import it.unimi.dsi.fastutil.objects.Object2ObjectOpenHashMap;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
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

  /** The program of a chain, compiled now where it was not, and then those of all chains that it calls. */
  ChainProgram program(String chain, Duration budget) {
    ChainProgram known = programs.get(chain);
    return known == null ? compile(chain, budget) : known;
  }

  private ChainProgram compile(String chain, Duration budget) {
    Deadline deadline = new Deadline(budget);
    synchronized (programs) {
      Map<String, ChainProgram> made = new HashMap<>();
      Deque<String> open = new ArrayDeque<>(List.of(chain));
      while (!open.isEmpty()) {
        String name = open.remove();
        if (!programs.containsKey(name) && !made.containsKey(name)) {
          made.put(name, compiler.compile(name, null, of(bases, programs), deadline));
          open.addAll(made.get(name).called);
        }
      }
      programs.putAll(made);
      return programs.get(chain);
    }
  }

  /** The program with all in place that it has when compiled from the beginning; it is, now, where an edit has changed that. */
  ChainProgram inPlace(String chain, Duration budget) {
    ChainProgram known = program(chain, budget);
    if (!known.isEditedToCall()) {
      return known;
    }
    synchronized (programs) {
      if (programs.get(chain).isEditedToCall()) {
        programs.put(chain, compiler.compile(chain, null, List.of(), new Deadline(budget)));
      }
      return programs.get(chain);
    }
  }

  /** The programs that are there of some chains. */
  static List<ChainProgram> of(List<Chain> chains, Map<String, ChainProgram> programs) {
    return chains.stream().map(chain -> programs.get(chain.name())).filter(Objects::nonNull).toList();
  }

  /** Bytes of the rules taken apart, of which programs and what is made from them by edits consist. */
  long ruleBytes() {
    long bytes = 0;
    for (LoweredChain chain : lowered.values()) {
      for (int i = 0; i < chain.rules.count(); i++) {
        bytes += chain.rules.get(i).bytes();
      }
    }
    return bytes;
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
