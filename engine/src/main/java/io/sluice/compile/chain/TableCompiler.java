package io.sluice.compile.chain;

import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import it.unimi.dsi.fastutil.ints.IntList;
import it.unimi.dsi.fastutil.objects.Object2ObjectOpenHashMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Compiles the chains of one table. What an earlier version of the table had compiled is taken over: the rules at the
 * beginning and the end of a chain, programs in which nothing is another, and of those with a few other rules all but these
 * ({@link ProgramEdit}). A base chain that comes to more rules than {@link CompileOptions#instantRules}, and whose program
 * cannot be made so, is left to whoever first asks for it.
 */
final class TableCompiler {
  private final RuleSet ruleSet;
  private final Table table;
  private final CompileOptions options;
  private final Deadline deadline;
  private final CompiledTable before;
  private final Object2ObjectOpenHashMap<String, LoweredChain> chains;
  /** By name, how a chain differs from what it was, where it does. */
  private final Map<String, List<LoweredChain.Step>> edits = new HashMap<>();
  private final Map<String, ChainProgram> programs = new HashMap<>();
  private final Set<String> gone;
  /** The names of chains that are new, or others than they were: what is called before what calls it, mostly. */
  private final List<String> others;
  private final List<Chain> bases;
  /** What a chain changes; of one that is gone, what it did. */
  private final Changes changes;
  /** {@link Field} bits of what any edited chain that is called changes now and did not, or did and does not. */
  private int changedElse;
  private final ProgramCompiler compiler;

  /** @param before the same table of an earlier rule set, or an empty one */
  TableCompiler(
      RuleSet ruleSet, Table table, Devices devices, CompileOptions options, Deadline deadline, CompiledTable before) {
    this.ruleSet = ruleSet;
    this.table = table;
    this.options = options;
    this.deadline = deadline;
    this.before = before;
    this.chains = before.lowered().clone();
    this.changes = before.changes().copy();
    TableEdit edit = TableEdit.between(before.chains(), table.chains(), chains::containsKey);
    this.gone = edit.gone();
    gone.forEach(chains::remove);
    this.others = new ArrayList<>(edit.others().size());
    for (int i = edit.others().size() - 1; i >= 0; i--) {
      Chain chain = edit.others().get(i);
      deadline.pass();
      lower(chain, devices);
      others.add(chain.name());
    }
    this.bases = bases();
    this.compiler = new ProgramCompiler(table.name(), ruleSet.family(), chains, changes);
  }

  private void lower(Chain chain, Devices devices) {
    LoweredChain old = chains.get(chain.name());
    if (old == null) {
      chains.put(chain.name(), LoweredChain.of(chain, devices, ruleSet.backend()));
    } else if (old.chain != chain) {
      List<LoweredChain.Step> steps = old.steps(chain, devices, ruleSet.backend());
      if (!steps.get(0).edit().isEmpty()) {
        edits.put(old.name, steps);
      }
      chains.put(chain.name(), steps.get(steps.size() - 1).now());
    }
  }

  CompiledTable compile() {
    Set<String> touched = touched();
    Deque<String> open = new ArrayDeque<>();
    bases.forEach(base -> open.add(base.name()));
    while (!open.isEmpty()) {
      String name = open.remove();
      ChainProgram program = programs.containsKey(name) ? null : program(name, touched);
      if (program != null) {
        programs.put(name, program);
        open.addAll(program.called);
      }
    }
    gone.forEach(changes::remove);
    return new CompiledTable(table, compiler, chains, changes, bases, needs(), new ConcurrentHashMap<>(programs));
  }

  private List<Chain> bases() {
    Set<String> names = new LinkedHashSet<>();
    before.bases().forEach(base -> names.add(base.name()));
    names.removeAll(gone);
    for (int i = others.size() - 1; i >= 0; i--) {
      names.add(others.get(i));
    }
    return names.stream().map(name -> chains.get(name).chain).filter(chain -> chain.base().isPresent()).toList();
  }

  /** What the rules of any chain need: all chains are asked only where one that is another now, or gone, needed more. */
  private int needs() {
    int needs = before.needs();
    boolean less = !gone.isEmpty();
    for (String name : others) {
      int now = chains.get(name).needs.bits();
      LoweredChain then = before.lowered().get(name);
      less |= then != null && (then.needs.bits() & ~now) != 0;
      needs |= now;
    }
    if (less) {
      needs = 0;
      for (LoweredChain chain : chains.values()) {
        needs |= chain.needs.bits();
      }
    }
    return needs;
  }

  /**
   * Finds what each chain changes.
   *
   * @return {@link LoweredChain#name} of those that are others than they were, or are there no more
   */
  private Set<String> touched() {
    Set<String> touched = new HashSet<>(edits.keySet());
    gone.forEach(name -> touched.add(before.lowered().get(name).name));
    changes.find(others, chains).forEach((name, fields) -> {
      changedElse |= fields;
      touched.add(chains.get(name).name);
    });
    return touched;
  }

  /** Null where it is left to whoever first asks for it. */
  private ChainProgram program(String name, Set<String> touched) {
    Chain chain = chains.get(name).chain;
    ChainProgram old = before.programs().get(name);
    ChainProgram program = old == null ? null : edited(old, touched);
    if (program != null) {
      return program.with(ProgramCompiler.policy(chain));
    }
    boolean edit = chain.base().isPresent() && before.lowered().containsKey(name);
    boolean waits = edit && ChainInliner.comesToMore(chains, name, options.instantRules());
    return waits ? null : compiler.compile(name, old, alike(), deadline);
  }

  /** Programs of base chains, made now or before. */
  private List<ChainProgram> alike() {
    List<ChainProgram> alike = new ArrayList<>(CompiledTable.of(bases, programs));
    alike.addAll(CompiledTable.of(bases, before.programs()));
    return alike;
  }

  /** A program made from an earlier one; null where that is not how to do it. */
  private ChainProgram edited(ChainProgram old, Set<String> touched) {
    IntList frames = ProgramEdit.frames(old.layout, edits.keySet());
    boolean reads = old.index != null && (old.index.reads & changedElse) != 0;
    if (frames.isEmpty() && (old.called.isEmpty() || !reads && Collections.disjoint(old.called, touched))) {
      return old;
    }
    ChainProgram made = reads ? null : new ProgramEdit(chains, changes, edits).in(old, frames);
    return made == null || made.slots == 0 ? null : made;
  }
}
