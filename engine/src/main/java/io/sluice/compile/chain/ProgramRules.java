package io.sluice.compile.chain;

import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveTable;

/**
 * The live rule of each slot of a program, and what it asks; looked up when first asked for, since of very many rules few are ever
 * hit. One thread.
 */
final class ProgramRules {
  private final Slots slots;
  private final LiveTable table;
  private final LiveRule[] rules;
  private final int[][] asked;

  ProgramRules(ChainProgram program, LiveTable table) {
    this.slots = program.layout;
    this.table = table;
    this.rules = new LiveRule[program.slots];
    this.asked = new int[program.slots][];
  }

  LiveRule at(int slot) {
    LiveRule rule = rules[slot];
    return rule == null ? find(slot) : rule;
  }

  /** {@link LoweredRule#asked} of a slot's rule. */
  int[] asked(int slot) {
    int[] known = asked[slot];
    return known == null ? asked[slot] = slots.rule(slot).asked : known;
  }

  private LiveRule find(int slot) {
    LiveChain chain = table.chain(slots.chain[slots.frame[slot]]);
    rules[slot] = chain.rule(slots.ruleIndex[slot]);
    return rules[slot];
  }
}
