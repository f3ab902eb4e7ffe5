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

/** Lays out the slots of one {@link ChainProgram}. */
final class ChainInliner {
  /** Slots that any program may have beyond twice the number of rules that can be reached. */
  private static final int SPARE_SLOTS = 4096;
  /** Calls deeper than this are not put in place: the kernel allows any depth, the Java stack does not. */
  private static final int MAX_DEPTH = 200;
  private static final int LATER = -1;

  private final Map<String, LoweredChain> chains;
  private final int maxSlots;
  /** {@link io.sluice.ruleset.Field} bits of what each chain, and those that it calls, changes. */
  private final Map<String, Integer> changesOf;

  final List<LoweredRule> rules = new ArrayList<>();
  final List<String> chainNames = new ArrayList<>();
  final IntArrayList ruleIndexes = new IntArrayList();
  final IntArrayList kinds = new IntArrayList();
  final IntArrayList next = new IntArrayList();
  final IntArrayList body = new IntArrayList();
  final IntArrayList end = new IntArrayList();
  final IntArrayList back = new IntArrayList();
  final IntArrayList caller = new IntArrayList();
  /** What packets have that match at a slot: what its rule demands, and those of its callers. */
  final List<Confines> confines = new ArrayList<>();
  /** Whether a packet within a slot's confines, and those of its callers, gets there unless it is decided before. */
  final BitSet certain = new BitSet();
  /** {@link io.sluice.ruleset.Field} bits of what a slot's target, or the chain that it calls, changes. */
  final IntArrayList changes = new IntArrayList();
  final Set<String> called = new LinkedHashSet<>();

  private ChainInliner(
      Map<String, LoweredChain> chains, String chain, Map<String, Integer> changesOf) {
    this.chains = chains;
    this.changesOf = changesOf;
    Set<String> reachable = new HashSet<>();
    this.maxSlots = 2 * countReachable(chain, reachable) + SPARE_SLOTS;
  }

  static ChainInliner of(
      Map<String, LoweredChain> chains, String chain, Map<String, Integer> changesOf) {
    ChainInliner inliner = new ChainInliner(chains, chain, changesOf);
    inliner.inline(inliner.chains.get(chain), new Confines(), true, true, LATER, LATER, 0);
    inliner.settle();
    return inliner;
  }

  int size() {
    return rules.size();
  }

  private int countReachable(String first, Set<String> seen) {
    List<String> open = new ArrayList<>(List.of(first));
    int count = 0;
    while (!open.isEmpty()) {
      String name = open.remove(open.size() - 1);
      if (!seen.add(name)) {
        continue;
      }
      for (LoweredRule rule : chains.get(name).rules) {
        count++;
        if (rule.jump != null) {
          open.add(rule.jump);
        }
      }
    }
    return count;
  }

  /**
   * Lays out a chain.
   *
   * @param top whether its end is the end of the program
   * @param by slot of the rule that calls it
   * @param to where its end and RETURN go, {@link #LATER} for the end of the program
   */
  private void inline(LoweredChain chain, Confines callers, boolean certainly, boolean top, int by, int to, int depth) {
    int first = size();
    boolean arrives = certainly;
    Confines kept = callers;
    int before = LATER;
    for (int i = 0; i < chain.rules.length; i++) {
      LoweredRule lowered = chain.rules[i];
      int slot = size();
      if (before != LATER) {
        next.set(before, slot);
      }
      before = slot;
      Confines mine = lowered.confines.and(kept);
      append(chain.chain.name(), i, lowered, mine, arrives, by, to);
      String jump = lowered.jump;
      // What is changed here need not be for the rules behind what it was when the callers matched.
      int changed = jump == null ? lowered.changes : changesOf.get(jump);
      Confines left = kept.without(changed);
      boolean comes = arrives;
      arrives &= left == kept;
      kept = left;
      if (jump == null) {
        arrives &= top || kinds.getInt(slot) != ChainProgram.RETURN;
        continue;
      }
      boolean goes = lowered.goes;
      LoweredChain called = chains.get(jump);
      if (depth < MAX_DEPTH && size() + called.rules.length <= maxSlots) {
        kinds.set(slot, ChainProgram.BODY);
        boolean whole = lowered.asked.length == 0;
        // A jump comes back to the slot after its body, which is not known yet when there is no rule left: see settle().
        int bodyTo = goes ? to : i + 1 < chain.rules.length ? -slot - 2 : to;
        inline(called, mine, comes && whole, goes && top, slot, bodyTo, depth + 1);
      } else {
        kinds.set(slot, ChainProgram.CALL);
        this.called.add(jump);
        changes.set(slot, changed);
      }
      arrives &= !goes || top;
    }
    for (int slot = first; slot < size(); slot++) {
      if (end.getInt(slot) == LATER) {
        end.set(slot, size());
      }
    }
    if (before != LATER) {
      next.set(before, to);
    }
  }

  private void append(String chain, int index, LoweredRule lowered, Confines mine, boolean arrives, int by, int to) {
    rules.add(lowered);
    chainNames.add(chain);
    ruleIndexes.add(index);
    kinds.add(kind(lowered.rule.target()));
    next.add(LATER);
    body.add(LATER);
    end.add(LATER);
    back.add(to);
    caller.add(by);
    confines.add(mine);
    certain.set(ruleIndexes.size() - 1, arrives);
    changes.add(lowered.changes);
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

  /** Puts slots in place of "the end of the program" and "after the caller's body". */
  private void settle() {
    for (int slot = 0; slot < size(); slot++) {
      next.set(slot, settled(next.getInt(slot)));
      back.set(slot, settled(back.getInt(slot)));
    }
    for (int slot = size() - 1; slot >= 0; slot--) {
      if (kinds.getInt(slot) == ChainProgram.BODY) {
        boolean empty = chains.get(rules.get(slot).jump).rules.length == 0;
        int after = rules.get(slot).goes ? back.getInt(slot) : next.getInt(slot);
        body.set(slot, empty ? after : slot + 1);
      } else if (kinds.getInt(slot) == ChainProgram.CALL) {
        body.set(slot, rules.get(slot).goes ? back.getInt(slot) : next.getInt(slot));
      }
    }
  }

  private int settled(int to) {
    int at = to;
    while (at < LATER) {
      at = next.getInt(-at - 2);
    }
    return at == LATER ? size() : at;
  }
}
