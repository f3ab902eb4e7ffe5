package io.sluice.compile.chain;

import io.sluice.compile.Classifier;
import io.sluice.host.Network;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.Tracer;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The rules of one family, compiled: a program for each base chain, and for each chain that is too often called to be
 * put in place. Immutable and safe to share; each thread takes an {@link #evaluator} of its own.
 */
public final class CompiledRules {
  private final RuleSet ruleSet;
  private final Network network;
  private final CompileOptions options;
  private final Map<String, CompiledTable> tables = new HashMap<>();

  private CompiledRules(RuleSet ruleSet, Network network, CompileOptions options) {
    this.ruleSet = ruleSet;
    this.network = network;
    this.options = options;
  }

  /**
   * Compiles a rule set for a host with these interfaces.
   *
   * @throws CompileBudgetException when it takes longer than the options allow
   */
  public static CompiledRules compile(RuleSet ruleSet, Network network, CompileOptions options) {
    return compile(ruleSet, network, options, () -> { });
  }

  /** @param checkpoint is run again and again, and may throw to end it */
  static CompiledRules compile(RuleSet ruleSet, Network network, CompileOptions options, Runnable checkpoint) {
    return compile(ruleSet, network, options, Map.of(), new Deadline(options.budget(), checkpoint));
  }

  private static CompiledRules compile(
      RuleSet ruleSet, Network network, CompileOptions options, Map<String, CompiledTable> known, Deadline deadline) {
    CompiledRules compiled = new CompiledRules(ruleSet, network, options);
    Devices devices = new Devices(network.devices());
    for (Table table : ruleSet.tables()) {
      CompiledTable before = known.getOrDefault(table.name(), CompiledTable.NONE);
      compiled.tables.put(table.name(), before.table() == table ? before
          : new TableCompiler(ruleSet, table, devices, options, deadline, before).compile());
    }
    return compiled;
  }

  /**
   * The programs of an edited rule set, made from these: tables and rules that are the same objects are not compiled
   * again, and a chain in which few rules were inserted, deleted or replaced shares all but those. A base chain of very many rules
   * that would have to be compiled anew is left to be: see {@link CompileOptions#instantRules}.
   *
   * @throws CompileBudgetException when it takes longer than the options allow
   * @throws IllegalArgumentException for the rule set of another family or back end
   */
  public CompiledRules with(RuleSet edited) {
    if (edited.family() != ruleSet.family() || edited.backend() != ruleSet.backend()) {
      throw new IllegalArgumentException("an edited rule set has the family and the back end of the original: "
          + edited.family() + " " + edited.backend());
    }
    return compile(edited, network, options, tables, new Deadline(options.budget()));
  }

  /** The rules loaded, for one thread: what an {@link #evaluator} may count in. */
  public LiveRuleSet live() {
    return new LiveRuleSet(ruleSet, table -> tables.get(table.name()));
  }

  /** An evaluator for one thread, which counts in {@code live}: loaded from the rule set that was compiled. */
  public CompiledEvaluator evaluator(LiveRuleSet live) {
    return evaluator(live, null);
  }

  /** As {@link #evaluator(LiveRuleSet)}; {@code tracer}, if not null, is told of every rule on a packet's way, as by a walker. */
  public CompiledEvaluator evaluator(LiveRuleSet live, Tracer tracer) {
    return new CompiledEvaluator(this, live, tracer);
  }

  /**
   * Answers for headers in columns what a base chain does with them, for one thread.
   *
   * @param live whose rules answers name, loaded from the rule set that was compiled; no counter moves
   * @throws CompileBudgetException when an edit has left the chain to be compiled, and that takes longer than the options allow
   */
  public ChainClassifier classifier(LiveRuleSet live, LiveChain base) {
    if (live.ruleSet() != ruleSet) {
      throw new IllegalArgumentException("the live rules were loaded from another rule set");
    }
    ChainProgram program = tables.get(base.table().name()).inPlace(base.name(), options.budget());
    return new ChainClassifier(program, new ProgramRules(program, base.table()), options.maxBytes());
  }

  RuleSet ruleSet() {
    return ruleSet;
  }

  Network network() {
    return network;
  }

  CompileOptions options() {
    return options;
  }

  /**
   * The program of a chain, compiled now if an edit has left it to be.
   *
   * @throws CompileBudgetException when that takes longer than the options allow
   */
  ChainProgram program(String table, String chain) {
    return tables.get(table).program(chain, options.budget());
  }

  /** Null where an edit has left it to be compiled. */
  ChainProgram made(String table, String chain) {
    return tables.get(table).programs().get(chain);
  }

  /**
   * Bytes of all programs and of the rules that they consist of: what evaluators share. A classifier that two programs share counts
   * once.
   */
  public long bytes() {
    long sum = 0;
    Set<Classifier> counted = Collections.newSetFromMap(new IdentityHashMap<>());
    for (CompiledTable table : tables.values()) {
      sum += table.ruleBytes();
      for (ChainProgram program : table.programs().values()) {
        boolean again = program.index != null && !counted.add(program.index.classifier);
        sum += program.bytes() - (again ? program.index.classifier.bytes() : 0);
      }
    }
    return sum;
  }

  /** Whether addresses and ports change by NAT alone, so that they are the same in all packets of a connection at a hook. */
  boolean keepsAddresses() {
    int fixed = LoweredRule.bit(Field.SOURCE) | LoweredRule.bit(Field.DESTINATION) | LoweredRule.bit(Field.SOURCE_PORT)
        | LoweredRule.bit(Field.DESTINATION_PORT) | LoweredRule.bit(Field.PROTOCOL);
    return tables.values().stream().filter(table -> !table.table().name().equals("nat"))
        .noneMatch(table -> table.bases().stream().anyMatch(base -> (table.changes().of(base.name()) & fixed) != 0));
  }

  /** How many programs have more than so many slots; those that are left to be compiled have, too. */
  int programs(int slots) {
    int count = 0;
    for (CompiledTable table : tables.values()) {
      count += (int) table.programs().values().stream().filter(p -> p.slots > slots).count();
      count += (int) table.bases().stream().filter(base -> !table.programs().containsKey(base.name())).count();
    }
    return count;
  }
}
