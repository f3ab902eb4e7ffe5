package io.sluice.compile.chain;

import io.sluice.compile.Box;
import io.sluice.compile.Classifier;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import it.unimi.dsi.fastutil.ints.IntList;
import it.unimi.dsi.fastutil.objects.Object2ObjectOpenHashMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compiles the chains of one table. What an earlier version of the table had compiled is taken over: the rules at the
 * beginning and the end of a chain, programs in which nothing is another, and of those with a few other rules all but these
 * ({@link ProgramEdit}); of any other program that differs in few slots, the classifier of all but those.
 */
final class TableCompiler {
  /** Fields whose values come from the packet as numbers, so that an edited rule may confine them at any time. */
  private static final List<Field> FIELDS = List.of(
      Field.SOURCE, Field.DESTINATION, Field.PROTOCOL, Field.SOURCE_PORT, Field.DESTINATION_PORT, Field.ICMP_TYPE_CODE,
      Field.TCP_FLAGS, Field.IN_INTERFACE, Field.OUT_INTERFACE, Field.CTSTATE, Field.MARK, Field.CONNMARK, Field.LENGTH,
      Field.TTL, Field.TOS);
  /** Two programs share what looks packets up where at most one slot in so many differs: each that does leaves a gap. */
  private static final int SLOTS_SHARED = 128;

  private final RuleSet ruleSet;
  private final Table table;
  private final CompileOptions options;
  private final long deadline;
  private final CompiledTable before;
  private final Object2ObjectOpenHashMap<String, LoweredChain> chains;
  /** By name, how a chain differs from what it was, where it does. */
  private final Map<String, ChainEdit> edits = new HashMap<>();
  private final Map<String, ChainProgram> programs = new HashMap<>();
  private final Set<String> gone;
  /** The names of chains that are new, or others than they were: what is called before what calls it, mostly. */
  private final List<String> others;
  private final List<Chain> bases;
  /** By name, what a chain changes; of one that is gone, what it did. */
  private final Object2ObjectOpenHashMap<String, Integer> changes;

  /** @param before the same table of an earlier rule set, or an empty one */
  TableCompiler(
      RuleSet ruleSet, Table table, Devices devices, CompileOptions options, long deadline, CompiledTable before) {
    this.ruleSet = ruleSet;
    this.table = table;
    this.options = options;
    this.deadline = deadline;
    this.before = before;
    this.chains = before.lowered().clone();
    this.changes = before.changes().clone();
    TableEdit edit = TableEdit.between(before.chains(), table.chains(), chains::containsKey);
    this.gone = edit.gone();
    gone.forEach(chains::remove);
    this.others = new ArrayList<>(edit.others().size());
    for (int i = edit.others().size() - 1; i >= 0; i--) {
      Chain chain = edit.others().get(i);
      lower(chain, devices);
      others.add(chain.name());
    }
    this.bases = bases();
  }

  private void lower(Chain chain, Devices devices) {
    LoweredChain old = chains.get(chain.name());
    if (old == null) {
      chains.put(chain.name(), LoweredChain.of(chain, devices, ruleSet.backend()));
    } else if (old.chain != chain) {
      ChainEdit edit = ChainEdit.between(old.chain.rules(), chain.rules());
      if (!edit.isEmpty()) {
        edits.put(old.name, edit);
      }
      chains.put(chain.name(), old.with(chain, edit, devices, ruleSet.backend()));
    }
  }

  CompiledTable compile() {
    Set<String> touched = touched();
    Deque<String> open = new ArrayDeque<>();
    bases.forEach(base -> open.add(base.name()));
    while (!open.isEmpty()) {
      String name = open.remove();
      if (!programs.containsKey(name)) {
        ChainProgram program = program(name, touched);
        programs.put(name, program);
        open.addAll(program.called);
      }
    }
    gone.forEach(changes::remove);
    return new CompiledTable(table, chains, changes, bases, needs(), programs);
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
   * @return {@link LoweredChain#name} of those that are others than they were, or change something else, or are there no more
   */
  private Set<String> touched() {
    Set<String> touched = new HashSet<>(edits.keySet());
    gone.forEach(name -> touched.add(before.lowered().get(name).name));
    others.forEach(changes::remove);
    boolean same = true;
    for (String name : others) {
      changes.put(name, changes(name, new HashSet<>()));
      boolean called = chains.get(name).chain.base().isEmpty();
      same &= !called || changes.get(name).equals(before.changes().getOrDefault(name, changes.get(name)));
    }
    if (!same) { // then what calls an edited chain may change something else, too
      changes.keySet().removeAll(chains.keySet());
      for (String name : chains.keySet()) {
        changes.put(name, changes(name, new HashSet<>()));
        if (!changes.get(name).equals(before.changes().get(name))) {
          touched.add(chains.get(name).name);
        }
      }
    }
    return touched;
  }

  /** What a chain, and those that it calls, changes. */
  private int changes(String name, Set<String> seen) {
    Integer known = changes.get(name);
    if (known != null) {
      return known;
    }
    int fields = 0;
    if (seen.add(name)) {
      LoweredChain chain = chains.get(name);
      fields = chain.changes;
      for (String jump : chain.jumps) {
        fields |= changes(jump, seen);
      }
    }
    return fields;
  }

  private ChainProgram program(String name, Set<String> touched) {
    if (System.nanoTime() > deadline) {
      throw new CompileBudgetException(table.name() + " " + name, options.budget());
    }
    Verdict policy = chains.get(name).chain.base().map(BaseChain::policy).orElse(Verdict.RETURN);
    ChainProgram old = before.programs().get(name);
    ChainProgram program = old == null ? null : edited(old, touched);
    return program == null ? compiled(name, policy, old) : program.with(policy);
  }

  /** A program made from an earlier one; null where that is not how to do it. */
  private ChainProgram edited(ChainProgram old, Set<String> touched) {
    IntList frames = ProgramEdit.frames(old.layout, touched);
    if (frames.isEmpty() && Collections.disjoint(old.called, touched)) {
      return old;
    }
    String own = old.chain;
    boolean changesElse = touched.stream().anyMatch(chain -> !chain.equals(own) && chains.containsKey(chain)
        && !changes.get(chain).equals(before.changes().get(chain)));
    ChainProgram made = changesElse ? null : new ProgramEdit(chains, changes, before.lowered(), edits).in(old, frames);
    return made == null || made.slots == 0 ? null : made;
  }

  private ChainProgram compiled(String name, Verdict policy, ChainProgram old) {
    ChainInliner inliner = ChainInliner.of(chains, name, changes);
    Slots slots = inliner.slots();
    ChainIndex index = slots.count() == 0 ? null : index(slots, inliner, old);
    return new ChainProgram(
        table.name(), name, ruleSet.family(), policy, slots, inliner.called, inliner.maxSlots, index);
  }

  /**
   * What looks packets up in the slots: made from that of an earlier version of the program, or of a base chain that has nearly
   * the same slots, as two have that call the same chain, where there is such.
   */
  private ChainIndex index(Slots slots, ChainInliner inliner, ChainProgram old) {
    if (old != null && old.index != null) {
      ChainIndex edited = edited(slots, inliner, old.index, ProgramEdit.MAX_EDITS);
      if (edited != null) {
        return edited;
      }
    }
    int most = Math.min(ProgramEdit.MAX_EDITS, slots.count() / SLOTS_SHARED);
    for (Map<String, ChainProgram> known : List.of(programs, before.programs())) {
      for (Chain base : bases) {
        ChainProgram other = known.get(base.name());
        ChainIndex edited = other == null || other.index == null ? null : edited(slots, inliner, other.index, most);
        if (edited != null) {
          return edited;
        }
      }
    }
    List<Dimension> dimensions = dimensions(inliner, List.of());
    SlotBoxes boxes = new SlotBoxes(slots, 0, inliner.confines, inliner.certain, changes, dimensions, 0, 0);
    Classifier classifier =
        Classifier.compile(dimensions.stream().map(d -> d.toField(ruleSet.family())).toList(), boxes.list());
    return new ChainIndex(ruleSet.family(), dimensions, classifier, boxes.reclassifies, boxes.reads(), boxes.changes(), 0);
  }

  private static List<Dimension> dimensions(ChainInliner inliner, List<Dimension> known) {
    Set<Dimension> all = new LinkedHashSet<>();
    FIELDS.forEach(field -> all.add(Dimension.of(field)));
    all.addAll(known);
    inliner.confines.forEach(c -> c.addMasked(all));
    return List.copyOf(all);
  }

  /** The known index with the slots replaced that are others now; null when they are more than {@code most}. */
  private ChainIndex edited(Slots slots, ChainInliner inliner, ChainIndex earlier, int most) {
    if (Math.abs(earlier.classifier.size() - slots.count()) > most) {
      return null;
    }
    ChainIndex known = earlier.with(dimensions(inliner, earlier.dimensions));
    SlotBoxes made = new SlotBoxes(slots, 0, inliner.confines, inliner.certain, changes, known.dimensions, 0, 0);
    Box[] now = made.boxes;
    Box[] then = known.classifier.inOrder();
    int first = 0;
    while (first < now.length && first < then.length && now[first].equals(then[first])) {
      first++;
    }
    int nowEnd = now.length;
    int thenEnd = then.length;
    while (nowEnd > first && thenEnd > first && now[nowEnd - 1].equals(then[thenEnd - 1])) {
      nowEnd--;
      thenEnd--;
    }
    int edits = nowEnd + thenEnd - 2 * first;
    if (edits > most || !ProgramEdit.isWorthEditing(known.edits + edits, now.length)) {
      return null;
    }
    Classifier classifier = edits == 0 ? known.classifier
        : known.classifier.splice(first, thenEnd, Arrays.asList(now).subList(first, nowEnd));
    return new ChainIndex(known.family, known.dimensions, classifier, made.reclassifies, made.reads(), made.changes(),
        known.edits + edits);
  }
}
