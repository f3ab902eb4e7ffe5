package io.sluice.compile.chain;

import io.sluice.compile.Box;
import io.sluice.compile.Classifier;
import io.sluice.host.Network;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import io.sluice.compile.ValueSet;
import io.sluice.walk.LiveRuleSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The rules of one family, compiled: a program for each base chain, and for each chain that is too often called to be
 * put in place. Immutable and safe to share; each thread takes an {@link #evaluator} of its own.
 */
public final class CompiledRules {
  /** Fields whose values come from the packet as numbers, so that a rule may confine them at any time. */
  private static final List<Field> FIELDS = List.of(
      Field.SOURCE, Field.DESTINATION, Field.PROTOCOL, Field.SOURCE_PORT, Field.DESTINATION_PORT, Field.ICMP_TYPE_CODE,
      Field.TCP_FLAGS, Field.IN_INTERFACE, Field.OUT_INTERFACE, Field.CTSTATE, Field.MARK, Field.CONNMARK, Field.LENGTH,
      Field.TTL, Field.TOS);

  private final RuleSet ruleSet;
  private final CompileOptions options;
  /** By table and chain name. */
  private final Map<String, Map<String, ChainProgram>> programs = new HashMap<>();

  private CompiledRules(RuleSet ruleSet, CompileOptions options) {
    this.ruleSet = ruleSet;
    this.options = options;
  }

  /**
   * Compiles a rule set for a host with these interfaces.
   *
   * @throws CompileBudgetException when it takes longer than the options allow
   */
  public static CompiledRules compile(RuleSet ruleSet, Network network, CompileOptions options) {
    CompiledRules compiled = new CompiledRules(ruleSet, options);
    Devices devices = new Devices(network.devices());
    long deadline = System.nanoTime() + options.budget().toNanos();
    for (Table table : ruleSet.tables()) {
      compiled.programs.put(table.name(), compiled.new TableCompiler(table, devices, deadline).compile());
    }
    return compiled;
  }

  /** An evaluator for one thread, which counts in {@code live}: loaded from the rule set that was compiled. */
  public CompiledEvaluator evaluator(LiveRuleSet live) {
    return new CompiledEvaluator(this, live);
  }

  RuleSet ruleSet() {
    return ruleSet;
  }

  CompileOptions options() {
    return options;
  }

  ChainProgram program(String table, String chain) {
    return programs.get(table).get(chain);
  }

  /** Bytes of all programs: what evaluators share. */
  public long bytes() {
    long sum = 0;
    for (Map<String, ChainProgram> byChain : programs.values()) {
      for (ChainProgram program : byChain.values()) {
        sum += program.bytes();
      }
    }
    return sum;
  }

  /** How many programs look packets up in a classifier. */
  int classifiers() {
    int count = 0;
    for (Map<String, ChainProgram> byChain : programs.values()) {
      count += (int) byChain.values().stream().filter(p -> p.classifier != null).count();
    }
    return count;
  }

  /** Compiles the chains of one table. */
  private final class TableCompiler {
    private final Table table;
    private final long deadline;
    private final Devices devices;
    private final Map<Rule, LoweredRule> lowered = new IdentityHashMap<>();
    private final Map<String, Integer> changes = new HashMap<>();

    TableCompiler(Table table, Devices devices, long deadline) {
      this.table = table;
      this.devices = devices;
      this.deadline = deadline;
    }

    Map<String, ChainProgram> compile() {
      Map<String, ChainProgram> result = new HashMap<>();
      for (Chain chain : table.chains()) {
        changes.put(chain.name(), changes(chain, new LinkedHashSet<>()));
      }
      Deque<String> open = new ArrayDeque<>();
      table.chains().stream().filter(c -> c.base().isPresent()).forEach(c -> open.add(c.name()));
      while (!open.isEmpty()) {
        String name = open.remove();
        if (!result.containsKey(name)) {
          result.put(name, program(name, open));
        }
      }
      return result;
    }

    private int changes(Chain chain, Set<String> seen) {
      int fields = 0;
      if (seen.add(chain.name())) {
        for (Rule rule : chain.rules()) {
          fields |= lower(rule).changes;
          String jump = ChainInliner.jump(rule.target());
          fields |= jump == null ? 0 : changes(table.chain(jump).orElseThrow(), seen);
        }
      }
      return fields;
    }

    private LoweredRule lower(Rule rule) {
      return lowered.computeIfAbsent(rule, r -> LoweredRule.of(r, devices, ruleSet.backend()));
    }

    private ChainProgram program(String name, Deque<String> open) {
      if (System.nanoTime() > deadline) {
        throw new CompileBudgetException(table.name() + " " + name, options.budget());
      }
      ChainInliner slots = ChainInliner.of(table, name, this::lower, changes);
      open.addAll(slots.called);
      Optional<BaseChain> base = table.chain(name).orElseThrow().base();
      Verdict policy = base.map(BaseChain::policy).orElse(Verdict.RETURN);
      Family family = ruleSet.family();
      if (slots.size() <= options.scanRules()) {
        return new ChainProgram(slots, table.name(), name, family, policy, null, null, null, List.of());
      }
      List<Dimension> dimensions = dimensions(slots);
      boolean[] read = new boolean[dimensions.size()];
      boolean[] reclassifies = new boolean[slots.size()];
      Box[] boxes = boxes(slots, dimensions, read, reclassifies);
      Classifier classifier =
          Classifier.compile(dimensions.stream().map(d -> d.toField(family)).toList(), List.of(boxes));
      return new ChainProgram(slots, table.name(), name, family, policy, reclassifies, classifier,
          new PacketFields(family, dimensions, read), dimensions);
    }

    private List<Dimension> dimensions(ChainInliner slots) {
      Set<Dimension> all = new LinkedHashSet<>();
      FIELDS.forEach(field -> all.add(Dimension.of(field)));
      slots.confines.forEach(c -> all.addAll(c.sets().keySet()));
      return new ArrayList<>(all);
    }

    private Box[] boxes(ChainInliner slots, List<Dimension> dimensions, boolean[] read, boolean[] reclassifies) {
      Map<Dimension, Integer> number = new HashMap<>();
      dimensions.forEach(d -> number.put(d, number.size()));
      Box[] boxes = new Box[slots.size()];
      int readLater = 0;
      int changedLater = 0;
      for (int slot = slots.size() - 1; slot >= 0; slot--) {
        Box box = Box.any();
        int reads = 0;
        Confines confines = slots.confines.get(slot);
        for (Map.Entry<Dimension, ValueSet> e : confines.sets().entrySet()) {
          int dimension = number.get(e.getKey());
          read[dimension] = true;
          reads |= LoweredRule.bit(e.getKey().field());
          box = box.with(dimension, e.getValue());
        }
        if (!confines.isPossible()) {
          box = Box.any().with(0, ValueSet.none());
        }
        int kind = slots.kinds.getInt(slot);
        boolean ends = kind == ChainProgram.DECIDE
            || kind == ChainProgram.RETURN && slots.back.getInt(slot) == slots.size();
        boolean last = ends && slots.certain.get(slot) && slots.rules.get(slot).asked.length == 0
            && (reads & changedLater) == 0;
        boxes[slot] = last ? box.asFinal() : box;
        reclassifies[slot] = (slots.changes.getInt(slot) & readLater) != 0;
        readLater |= reads;
        changedLater |= slots.changes.getInt(slot);
      }
      return boxes;
    }
  }
}
