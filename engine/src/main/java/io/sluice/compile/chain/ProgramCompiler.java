package io.sluice.compile.chain;

import io.sluice.compile.Box;
import io.sluice.compile.Classifier;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Field;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compiles programs of the chains of one table. What looks packets up is taken over from a program that differs in few slots, but
 * for those. Immutable.
 */
final class ProgramCompiler {
  /** Fields whose values come from the packet as numbers, so that an edited rule may confine them at any time. */
  private static final List<Field> FIELDS = List.of(
      Field.SOURCE, Field.DESTINATION, Field.PROTOCOL, Field.SOURCE_PORT, Field.DESTINATION_PORT, Field.ICMP_TYPE_CODE,
      Field.TCP_FLAGS, Field.IN_INTERFACE, Field.OUT_INTERFACE, Field.CTSTATE, Field.MARK, Field.CONNMARK, Field.LENGTH,
      Field.TTL, Field.TOS);
  /** Two programs share what looks packets up where at most one slot in so many differs: each that does leaves a gap. */
  private static final int SLOTS_SHARED = 128;

  private final String table;
  private final Family family;
  private final Map<String, LoweredChain> chains;
  /** {@link Field} bits of what each chain, and those that it calls, changes. */
  private final Changes changes;

  ProgramCompiler(String table, Family family, Map<String, LoweredChain> chains, Changes changes) {
    this.table = table;
    this.family = family;
    this.chains = chains;
    this.changes = changes;
  }

  /** What happens to packets at the end of a chain. */
  static Verdict policy(Chain chain) {
    return chain.base().map(BaseChain::policy).orElse(Verdict.RETURN);
  }

  /**
   * Compiles a chain.
   *
   * @param old an earlier version of the program, or null
   * @param alike other programs that may have nearly the same slots
   * @throws CompileBudgetException at the deadline
   */
  ChainProgram compile(String name, ChainProgram old, List<ChainProgram> alike, Deadline deadline) {
    ChainInliner inliner = ChainInliner.of(chains, name, changes);
    Slots slots = inliner.slots();
    ChainIndex index =
        slots.count() == 0 ? null : index(slots, inliner, old, alike, () -> deadline.check(table, name));
    return new ChainProgram(
        table, name, family, policy(chains.get(name).chain), slots, inliner.called, inliner.maxSlots, index);
  }

  /**
   * What looks packets up in the slots: made from that of an earlier version of the program, or of a base chain that has nearly
   * the same slots, as two have that call the same chain, where there is such.
   */
  private ChainIndex index(
      Slots slots, ChainInliner inliner, ChainProgram old, List<ChainProgram> alike, Runnable checkpoint) {
    checkpoint.run();
    if (old != null && old.index != null) {
      ChainIndex edited = edited(slots, inliner, old.index, ProgramEdit.MAX_EDITS);
      if (edited != null) {
        return edited;
      }
    }
    int most = Math.min(ProgramEdit.MAX_EDITS, slots.count() / SLOTS_SHARED);
    for (ChainProgram other : alike) {
      ChainIndex edited = other.index == null ? null : edited(slots, inliner, other.index, most);
      if (edited != null) {
        return edited;
      }
    }
    List<Dimension> dimensions = dimensions(inliner, List.of());
    SlotBoxes boxes = new SlotBoxes(slots, 0, inliner.confines, inliner.certain, changes, dimensions, 0, 0);
    Classifier classifier =
        Classifier.compile(dimensions.stream().map(d -> d.toField(family)).toList(), boxes.list(), checkpoint);
    return new ChainIndex(family, dimensions, classifier, boxes.reclassifies, boxes.reads(), boxes.changes(), 0);
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
