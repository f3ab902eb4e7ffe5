package io.sluice.compile.chain;

import io.sluice.compile.Box;
import io.sluice.compile.Classifier;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Compiles the chains of one table. What an earlier version of the table had compiled is taken over: the rules at the
 * beginning and the end of a chain, and of a program that differs in few slots all but those.
 */
final class TableCompiler {
  /** Fields whose values come from the packet as numbers, so that an edited rule may confine them at any time. */
  private static final List<Field> FIELDS = List.of(
      Field.SOURCE, Field.DESTINATION, Field.PROTOCOL, Field.SOURCE_PORT, Field.DESTINATION_PORT, Field.ICMP_TYPE_CODE,
      Field.TCP_FLAGS, Field.IN_INTERFACE, Field.OUT_INTERFACE, Field.CTSTATE, Field.MARK, Field.CONNMARK, Field.LENGTH,
      Field.TTL, Field.TOS);
  /** A program that differs in more slots is compiled anew. */
  private static final int MAX_EDITS = 32;
  /** So is one that has been edited so often for each slot it has, since removed rules leave gaps in its arrays. */
  private static final int SLOTS_PER_EDIT = 8;

  private final RuleSet ruleSet;
  private final Table table;
  private final CompileOptions options;
  private final long deadline;
  private final CompiledTable before;
  private final Map<String, LoweredChain> chains = new HashMap<>();
  private final Map<String, Integer> changes = new HashMap<>();

  /** @param before the same table of an earlier rule set, or an empty one */
  TableCompiler(
      RuleSet ruleSet, Table table, Devices devices, CompileOptions options, long deadline, CompiledTable before) {
    this.ruleSet = ruleSet;
    this.table = table;
    this.options = options;
    this.deadline = deadline;
    this.before = before;
    for (Chain chain : table.chains()) {
      LoweredChain old = before.lowered().get(chain.name());
      chains.put(chain.name(), LoweredChain.of(chain, old, devices, ruleSet.backend()));
    }
  }

  CompiledTable compile() {
    Map<String, ChainProgram> programs = new HashMap<>();
    for (Chain chain : table.chains()) {
      changes.put(chain.name(), changes(chain.name(), new HashSet<>()));
    }
    Deque<String> open = new ArrayDeque<>();
    table.chains().stream().filter(c -> c.base().isPresent()).forEach(c -> open.add(c.name()));
    while (!open.isEmpty()) {
      String name = open.remove();
      if (!programs.containsKey(name)) {
        programs.put(name, program(name, open));
      }
    }
    return new CompiledTable(table, chains, programs);
  }

  /** What a chain, and those that it calls, changes. */
  private int changes(String name, Set<String> seen) {
    int fields = 0;
    if (seen.add(name)) {
      LoweredChain chain = chains.get(name);
      fields = chain.changes;
      for (LoweredRule rule : chain.rules) {
        fields |= rule.jump == null ? 0 : changes(rule.jump, seen);
      }
    }
    return fields;
  }

  private ChainProgram program(String name, Deque<String> open) {
    if (System.nanoTime() > deadline) {
      throw new CompileBudgetException(table.name() + " " + name, options.budget());
    }
    ChainInliner slots = ChainInliner.of(chains, name, changes);
    open.addAll(slots.called);
    Optional<BaseChain> base = chains.get(name).chain.base();
    Verdict policy = base.map(BaseChain::policy).orElse(Verdict.RETURN);
    Family family = ruleSet.family();
    if (slots.size() <= options.scanRules()) {
      return new ChainProgram(slots, table.name(), name, family, policy, null);
    }
    return new ChainProgram(slots, table.name(), name, family, policy, index(slots, before.programs().get(name)));
  }

  /** The boxes of all slots and what looks packets up in them. */
  private ChainIndex index(ChainInliner slots, ChainProgram old) {
    Set<Dimension> dimensions = new LinkedHashSet<>();
    FIELDS.forEach(field -> dimensions.add(Dimension.of(field)));
    ChainIndex known = old == null ? null : old.index;
    if (known != null) {
      dimensions.addAll(known.dimensions);
    }
    int size = dimensions.size();
    slots.confines.forEach(c -> c.addMasked(dimensions));
    boolean comparable = known != null && size == dimensions.size();
    ChainIndex made = new ChainIndex(ruleSet.family(), List.copyOf(dimensions), slots.size());
    describe(slots, made, comparable ? known : null);
    made.classifier = comparable ? edited(made, known) : null;
    if (made.classifier == null) {
      made.classifier = Classifier.compile(made.dimensions.stream().map(d -> d.toField(ruleSet.family())).toList(),
          Arrays.asList(made.boxes));
    }
    return made;
  }

  /** Finds each slot's box, whether it is the last that matters, and whether packets must be classified again behind it. */
  private void describe(ChainInliner slots, ChainIndex made, ChainIndex known) {
    Map<Dimension, Integer> number = new HashMap<>();
    made.dimensions.forEach(d -> number.put(d, number.size()));
    int readLater = 0;
    int changedLater = 0;
    for (int slot = slots.size() - 1; slot >= 0; slot--) {
      Confines confines = slots.confines.get(slot);
      int reads = confines.fields();
      int kind = slots.kinds.getInt(slot);
      boolean ends = kind == ChainProgram.DECIDE
          || kind == ChainProgram.RETURN && slots.back.getInt(slot) == slots.size();
      boolean last = ends && slots.certain.get(slot) && slots.rules.get(slot).asked.length == 0
          && (reads & changedLater) == 0;
      made.confines[slot] = confines;
      made.boxes[slot] = known == null ? null : known.find(slot, slots.size(), confines, last);
      if (made.boxes[slot] == null) {
        Box box = box(confines, number);
        made.boxes[slot] = last ? box.asFinal() : box;
      }
      made.reclassifies[slot] = (slots.changes.getInt(slot) & readLater) != 0;
      readLater |= reads;
      changedLater |= slots.changes.getInt(slot);
    }
    made.reads = readLater;
  }

  private static Box box(Confines confines, Map<Dimension, Integer> number) {
    Box box = Box.any();
    if (!confines.isPossible()) {
      return box.with(0, ValueSet.none());
    }
    for (Map.Entry<Dimension, ValueSet> e : confines.sets().entrySet()) {
      box = box.with(number.get(e.getKey()), e.getValue());
    }
    return box;
  }

  /** The known classifier with the slots replaced that are others now; null when they are too many. */
  private static Classifier edited(ChainIndex made, ChainIndex known) {
    Box[] now = made.boxes;
    Box[] then = known.boxes;
    int first = 0;
    while (first < now.length && first < then.length && now[first] == then[first]) {
      first++;
    }
    int nowEnd = now.length;
    int thenEnd = then.length;
    while (nowEnd > first && thenEnd > first && now[nowEnd - 1] == then[thenEnd - 1]) {
      nowEnd--;
      thenEnd--;
    }
    int edits = nowEnd + thenEnd - 2 * first;
    made.edits = known.edits + edits;
    if (edits > MAX_EDITS || made.edits > MAX_EDITS + now.length / SLOTS_PER_EDIT) {
      made.edits = 0;
      return null;
    }
    return known.classifier.splice(first, thenEnd, Arrays.asList(now).subList(first, nowEnd));
  }
}
