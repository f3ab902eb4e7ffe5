package io.sluice.compile.chain;

import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.Target;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Lays out {@link Slots}: those of a whole {@link ChainProgram}, or of a few rules that come into one. */
final class ChainInliner {
  /** Slots that any program may have beyond twice the number of rules that can be reached. */
  private static final int SPARE_SLOTS = 4096;
  /** Calls deeper than this are not put in place: the kernel allows any depth, the Java stack does not. */
  private static final int MAX_DEPTH = 200;
  private static final int NO_CALLER = -1;

  private final Map<String, LoweredChain> chains;
  /** {@link io.sluice.ruleset.Field} bits of what each chain, and those that it calls, changes. */
  private final Changes changesOf;
  final int maxSlots;

  private final List<LoweredRule> rules;
  private final IntArrayList ruleIndexes;
  private final IntArrayList kinds;
  private final IntArrayList frames;
  private final IntArrayList skips;
  private final List<String> frameChains = new ArrayList<>();
  private final IntArrayList frameCallers = new IntArrayList();
  private final IntArrayList frameEnds = new IntArrayList();
  private final List<Confines> frameConfines = new ArrayList<>();
  /** What packets have that match at a slot: what its rule demands, and those of its callers. */
  final List<Confines> confines;
  /** Whether a packet within a slot's confines, and those of its callers, gets there unless it is decided before. */
  final BitSet certain = new BitSet();
  final Set<String> called = new LinkedHashSet<>();

  private ChainInliner(Map<String, LoweredChain> chains, Changes changesOf, int maxSlots, int expected) {
    this.chains = chains;
    this.changesOf = changesOf;
    this.maxSlots = maxSlots;
    this.rules = new ArrayList<>(expected);
    this.ruleIndexes = new IntArrayList(expected);
    this.kinds = new IntArrayList(expected);
    this.frames = new IntArrayList(expected);
    this.skips = new IntArrayList(expected);
    this.confines = new ArrayList<>(expected);
  }

  /** The slots of a chain's program. */
  static ChainInliner of(Map<String, LoweredChain> chains, String name, Changes changesOf) {
    int reachable = countReachable(chains, name, Integer.MAX_VALUE);
    ChainInliner inliner = new ChainInliner(chains, changesOf, 2 * reachable + SPARE_SLOTS, reachable);
    LoweredChain chain = chains.get(name);
    inliner.openFrame(chain.name, NO_CALLER, new Confines());
    inliner.inline(chain, 0, chain.rules.count(), 0, true, true, 0);
    inliner.frameEnds.set(0, inliner.size());
    return inliner;
  }

  /**
   * The slots of some rules of a chain that a program has in a frame. Chains with which they would be too many for an edit are
   * {@link #called}.
   *
   * @param program where they come in
   * @param from the first of the rules; {@code to} the first behind
   */
  static ChainInliner of(Map<String, LoweredChain> chains, LoweredChain chain, int from, int to, Changes changesOf,
      ChainProgram program, int frame) {
    Slots slots = program.layout;
    int depth = 0;
    for (int at = frame; at != 0; at = slots.frame[slots.caller[at]]) {
      depth++;
    }
    ChainInliner inliner = new ChainInliner(
        chains, changesOf, Math.min(program.maxSlots - program.slots, ProgramEdit.MAX_EDITS), to - from);
    Confines kept = slots.confines[frame];
    for (int i = 0; i < from && kept.fields() != 0; i++) {
      kept = kept.without(chain.rules.get(i).changes(changesOf));
    }
    inliner.openFrame(chain.name, NO_CALLER, kept);
    inliner.inline(chain, from, to, 0, frame == 0, frame == 0, depth);
    inliner.frameEnds.set(0, inliner.size());
    return inliner;
  }

  int size() {
    return rules.size();
  }

  Slots slots() {
    byte[] kind = new byte[size()];
    for (int slot = 0; slot < kind.length; slot++) {
      kind[slot] = (byte) kinds.getInt(slot);
    }
    return new Slots(LoweredRules.of(rules), kind, ruleIndexes.toIntArray(), frames.toIntArray(),
        skips.toIntArray(), frameChains.toArray(String[]::new), frameCallers.toIntArray(), frameEnds.toIntArray(),
        frameConfines.toArray(Confines[]::new));
  }

  /** Whether a chain has, with all that it calls, more than so many rules; those of each chain count once. */
  static boolean comesToMore(Map<String, LoweredChain> chains, String name, int rules) {
    return countReachable(chains, name, rules) > rules;
  }

  /** How many rules can be reached; does not go on where they are more than {@code enough}. */
  private static int countReachable(Map<String, LoweredChain> chains, String first, int enough) {
    Set<String> seen = new HashSet<>();
    List<String> open = new ArrayList<>(List.of(first));
    int count = 0;
    while (!open.isEmpty() && count <= enough) {
      LoweredChain chain = chains.get(open.remove(open.size() - 1));
      if (seen.add(chain.chain.name())) {
        count += chain.rules.count();
        open.addAll(chain.jumps);
      }
    }
    return count;
  }

  private int openFrame(String chain, int caller, Confines callers) {
    frameChains.add(chain);
    frameCallers.add(caller);
    frameEnds.add(0);
    frameConfines.add(callers);
    return frameChains.size() - 1;
  }

  /**
   * Lays out rules of a chain.
   *
   * @param certainly whether packets within the frame's confines come to the first of them unless they are decided before
   * @param top whether the chain's end is the end of the program
   */
  private void inline(LoweredChain chain, int from, int to, int frame, boolean certainly, boolean top, int depth) {
    Confines kept = frameConfines.get(frame);
    boolean arrives = certainly;
    int before = -1;
    for (int i = from; i < to; i++) {
      LoweredRule lowered = chain.rules.get(i);
      int slot = size();
      if (before >= 0) {
        skips.set(before, slot - before);
      }
      before = slot;
      Confines mine = lowered.confines.and(kept);
      append(i, lowered, frame, mine, arrives);
      // What is changed here need not be for the rules behind what it was when the callers matched.
      Confines left = kept.without(lowered.changes(changesOf));
      boolean comes = arrives;
      arrives &= left == kept;
      kept = left;
      String jump = lowered.jump;
      if (jump == null) {
        arrives &= top || kinds.getInt(slot) != ChainProgram.RETURN;
        continue;
      }
      LoweredChain target = chains.get(jump);
      if (depth < MAX_DEPTH && size() + target.rules.count() <= maxSlots) {
        kinds.set(slot, ChainProgram.BODY);
        int body = openFrame(target.name, slot, mine);
        inline(target, 0, target.rules.count(), body, comes && lowered.asked.length == 0, lowered.goes && top, depth + 1);
        frameEnds.set(body, size());
      } else {
        kinds.set(slot, ChainProgram.CALL);
        called.add(jump);
      }
      arrives &= !lowered.goes || top;
    }
  }

  private void append(int index, LoweredRule lowered, int frame, Confines mine, boolean arrives) {
    certain.set(size(), arrives);
    rules.add(lowered);
    ruleIndexes.add(index);
    kinds.add(kind(lowered.rule.target()));
    frames.add(frame);
    skips.add(Slots.LAST);
    confines.add(mine);
  }

  private static int kind(Target target) {
    if (target instanceof Target.None) {
      return ChainProgram.NONE;
    }
    if (target instanceof Target.Decide decide) {
      return decide.verdict() == Verdict.RETURN ? ChainProgram.RETURN : ChainProgram.DECIDE;
    }
    return ChainProgram.TARGET;
  }
}
