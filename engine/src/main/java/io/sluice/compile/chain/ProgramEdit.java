package io.sluice.compile.chain;

import io.sluice.compile.Classifier;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntList;
import it.unimi.dsi.fastutil.objects.Object2IntOpenHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a program from an earlier one, where a few rules of some chains are others: in each frame of such a chain their slots
 * are exchanged, and the classifier is edited. All else is copied as it is or shared. Where rules in front or behind have ended
 * the search and may not any more, it goes on behind them. A chain that has too many frames is CALLed from then on.
 *
 * <p>It does nothing, and all is compiled anew, where more changes than that: a called chain changes other fields that are read
 * than it did.
 */
final class ProgramEdit {
  /** A program that differs in more slots is compiled anew. */
  static final int MAX_EDITS = 32;
  /** So is one that has been edited so often for each slot it has, since removed rules leave gaps in its arrays. */
  private static final int SLOTS_PER_EDIT = 8;

  private final Map<String, LoweredChain> chains;
  private final Changes changesOf;
  private final Map<String, List<LoweredChain.Step>> edits;

  /**
   * @param chains of the table, as they are now
   * @param changesOf by chain, what it changes now; of one that is there no more, what it did
   * @param edits by chain, how it is made from what it was; chains that have not been there before are not among them
   */
  ProgramEdit(Map<String, LoweredChain> chains, Changes changesOf, Map<String, List<LoweredChain.Step>> edits) {
    this.chains = chains;
    this.changesOf = changesOf;
    this.edits = edits;
  }

  /** Whether a program edited so often is still worth editing. */
  static boolean isWorthEditing(int edits, int slots) {
    return edits <= MAX_EDITS + slots / SLOTS_PER_EDIT;
  }

  /** The frames that have one of some chains in them, given as {@link LoweredChain#name}. */
  static IntList frames(Slots slots, Set<String> chains) {
    IntList frames = new IntArrayList();
    String[] names = chains.toArray(String[]::new);
    for (int frame = 0; frame < slots.chain.length; frame++) {
      String chain = slots.chain[frame];
      if (names.length <= MAX_EDITS ? Slots.isOneOf(names, chain) : chains.contains(chain)) {
        frames.add(frame);
      }
    }
    return frames;
  }

  /**
   * The program with the edits in some of its frames; null where it must be compiled anew. Frames that come in on the way have
   * the chains as they are now.
   *
   * @param frames all that have an edited chain in them
   */
  ChainProgram in(ChainProgram before, IntList frames) {
    ChainProgram program = frames.size() > MAX_EDITS ? calling(before, frames) : before;
    for (int i = 0; i < frames.size() && program != null; i++) {
      program = in(program, frames.getInt(i));
    }
    return program;
  }

  private ChainProgram in(ChainProgram before, int frame) {
    String chain = before.layout.chain[frame];
    if (chain == null) { // it has gone with a call
      return before;
    }
    ChainProgram program = before;
    for (LoweredChain.Step step : edits.get(chain)) {
      program = program == null || program.index == null ? null : in(program, frame, step.now(), step.then(), step.edit());
    }
    return program;
  }

  /** The program with CALLs of the chains that have most of the frames; null where too many frames are left. */
  private ChainProgram calling(ChainProgram before, IntList frames) {
    Slots slots = before.layout;
    Object2IntOpenHashMap<String> counts = new Object2IntOpenHashMap<>();
    for (int i = 0; i < frames.size(); i++) {
      counts.addTo(slots.chain[frames.getInt(i)], 1);
    }
    int left = 0;
    for (int count : counts.values()) {
      left += count <= MAX_EDITS ? count : 0;
    }
    if (left > MAX_EDITS || before.index == null) {
      return null;
    }
    counts.values().removeIf(count -> count <= MAX_EDITS);
    Slots now = slots.calling(counts.keySet().toArray(String[]::new), !before.called.isEmpty());
    Set<String> called = before.called.isEmpty() ? new LinkedHashSet<>() : called(now);
    for (int i = 0; i < frames.size() && !called.containsAll(counts.keySet()); i++) {
      int caller = slots.caller[frames.getInt(i)];
      if (caller >= 0 && now.kind[caller] == ChainProgram.CALL) {
        called.add(slots.chain[frames.getInt(i)]);
      }
    }
    ChainIndex index = before.index;
    boolean[] reclassifies = index.reclassifies.clone();
    boolean read = (changes(called) & index.reads) != 0;
    for (int slot = 0; read && slot < now.count(); slot++) {
      reclassifies[slot] |= now.kind[slot] == ChainProgram.CALL && (changesOf.of(now.rule(slot).jump) & index.reads) != 0;
    }
    ChainIndex searched = new ChainIndex(index.family, index.dimensions, index.classifier.opened(now::isPassed), reclassifies,
        index.reads, index.changes, index.edits);
    return new ChainProgram(before.table, before.chain, before.family, before.policy, now, called, before.maxSlots, searched);
  }

  private ChainProgram in(ChainProgram before, int frame, LoweredChain edited, LoweredChain old, ChainEdit edit) {
    Slots slots = before.layout;
    ChainIndex index = before.index;
    if ((slots.confines[frame].fields() & rewritten(edited, old, edit)) != 0) {
      return null; // what led to the chain may confine more or fewer of its rules
    }
    int rules = old.rules.count();
    int from = slots.slotOf(frame, edit.from(), rules);
    int to = slots.slotOf(frame, edit.to(), rules);
    int inFront = edit.from() == 0 ? -1 : slots.slotOf(frame, edit.from() - 1, rules);
    ChainInliner inliner = ChainInliner.of(chains, edited, edit.from(), edit.end(), changesOf, before, frame);
    Slots added = inliner.slots();
    int edits = to - from + added.count();
    if (edits > MAX_EDITS || !isWorthEditing(index.edits + edits, slots.count())) {
      return null;
    }
    if (!inliner.called.isEmpty()) {
      return null; // how many slots it may have depends on the rules that it can reach, which are more now
    }
    Slots now = slots.splice(frame, from, to, inFront, added, lastOfChain(added), edit.growth());
    int behind = from + added.count();
    int changes = index.changes | changes(before.called);
    int changedLater = 0;
    for (int slot = behind; (changes & ~changedLater) != 0 && slot < now.count(); slot++) {
      changedLater |= SlotBoxes.changes(now, slot, changesOf);
    }
    Set<Dimension> dimensions = new LinkedHashSet<>(index.dimensions);
    inliner.confines.forEach(confines -> confines.addMasked(dimensions));
    ChainIndex wide = index.with(List.copyOf(dimensions));
    SlotBoxes boxes = new SlotBoxes(now, from, inliner.confines, inliner.certain, changesOf, wide.dimensions, index.reads,
        changedLater);
    boolean[] reclassifies = new boolean[now.count()];
    Slots.splice(index.reclassifies, from, to, boxes.reclassifies, reclassifies);
    int reads = 0;
    for (Confines confines : inliner.confines) {
      reads |= confines.fields();
    }
    for (int slot = 0; (changes & reads) != 0 && slot < from; slot++) {
      reclassifies[slot] |= (SlotBoxes.changes(now, slot, changesOf) & reads) != 0;
    }
    Classifier classifier = wide.classifier.splice(from, to, boxes.list());
    int changed = boxes.changes() & ~changedLater & index.reads;
    boolean passed = frame != 0 && mayBePassed(added) && behind < now.end[frame];
    boolean appended = added.count() > 0 && inFront >= 0 && behind == now.end[frame];
    if (changed != 0 || passed || appended && mayReturn(now, inFront + 1, from)) {
      classifier = classifier.opened(slot ->
          slot < from && (confined(now, slot) & changed) != 0 // what is behind a rule that reads it changes it now
          || passed && slot >= behind && slot < now.end[frame] // packets may go past it now
          || appended && slot > inFront && slot < from && now.kind[slot] == ChainProgram.RETURN); // a rule is there, no policy
    }
    Set<String> called = calls(slots, from, to) ? called(now) : before.called;
    return new ChainProgram(before.table, before.chain, before.family, before.policy, now, called, before.maxSlots,
        new ChainIndex(index.family, wide.dimensions, classifier, reclassifies, boxes.reads(), changes | boxes.changes(),
            index.edits + edits));
  }

  /** {@link io.sluice.ruleset.Field} bits of what some chains change. */
  private int changes(Set<String> names) {
    int fields = 0;
    for (String name : names) {
      fields |= changesOf.of(name);
    }
    return fields;
  }

  /** {@link io.sluice.ruleset.Field} bits of what the rules that go and come change. */
  private int rewritten(LoweredChain edited, LoweredChain old, ChainEdit edit) {
    int fields = 0;
    for (int i = edit.from(); i < edit.to(); i++) {
      fields |= old.rules.get(i).changes(changesOf);
    }
    for (int i = edit.from(); i < edit.end(); i++) {
      fields |= edited.rules.get(i).changes(changesOf);
    }
    return fields;
  }

  /** {@link io.sluice.ruleset.Field} bits of what packets must have to match at a slot. */
  private static int confined(Slots slots, int slot) {
    return slots.rule(slot).confines.fields() | slots.confines[slots.frame[slot]].fields();
  }

  private static boolean calls(Slots slots, int from, int to) {
    for (int slot = from; slot < to; slot++) {
      if (slots.kind[slot] == ChainProgram.CALL) {
        return true;
      }
    }
    return false;
  }

  /** The chains that slots CALL. */
  private static Set<String> called(Slots slots) {
    Set<String> called = new LinkedHashSet<>();
    for (int slot = 0; slot < slots.count(); slot++) {
      if (slots.kind[slot] == ChainProgram.CALL) {
        called.add(slots.rule(slot).jump);
      }
    }
    return called;
  }

  /** Whether a rule of the chain itself returns from it or goes elsewhere. */
  private static boolean mayBePassed(Slots added) {
    for (int slot = 0; slot < added.count(); slot++) {
      if (added.frame[slot] == 0 && (added.kind[slot] == ChainProgram.RETURN || added.rule(slot).goes)) {
        return true;
      }
    }
    return false;
  }

  private static boolean mayReturn(Slots slots, int from, int to) {
    for (int slot = from; slot < to; slot++) {
      if (slots.kind[slot] == ChainProgram.RETURN) {
        return true;
      }
    }
    return false;
  }

  /** The slot of the last of the rules that are of the chain itself; -1 if there is none. */
  private static int lastOfChain(Slots added) {
    int slot = added.count() - 1;
    while (slot >= 0 && added.frame[slot] != 0) {
      slot--;
    }
    return slot;
  }
}
