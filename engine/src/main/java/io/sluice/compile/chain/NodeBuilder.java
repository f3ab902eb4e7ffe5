package io.sluice.compile.chain;

import io.sluice.ruleset.Target;
import io.sluice.walk.LiveRule;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds what a set of matching slots means: walks the program from a slot with a look into the set where the walker
 * would evaluate a rule, up to the first thing that the set does not tell.
 */
final class NodeBuilder {
  private static final LiveRule[] NO_RULES = {};

  private final ChainProgram program;
  private final ProgramRules rules;
  private final List<LiveRule> hits = new ArrayList<>();

  /** @param rules of each slot */
  NodeBuilder(ChainProgram program, ProgramRules rules) {
    this.program = program;
    this.rules = rules;
  }

  Node build(Leaf leaf, int from, boolean isMatched) {
    hits.clear();
    int slot = from;
    boolean matched = isMatched;
    while (true) {
      if (!matched) {
        slot = program.firstOf(leaf, slot);
        if (slot == program.slots) {
          return node(leaf, Node.POLICY, slot);
        }
        if (rules.asked(slot).length > 0) {
          return node(leaf, Node.ASK, slot);
        }
      }
      matched = false;
      hits.add(rules.at(slot));
      switch (program.kind(slot)) {
        case ChainProgram.NONE:
          slot = program.next(slot);
          break;
        case ChainProgram.RETURN:
          slot = program.back(slot);
          break;
        case ChainProgram.BODY:
          slot = program.body(slot);
          break;
        case ChainProgram.DECIDE:
          return node(leaf, Node.DECIDE, slot);
        case ChainProgram.CALL:
          return node(leaf, Node.CALL, slot);
        default:
          return node(leaf, Node.TARGET, slot);
      }
    }
  }

  private Node node(Leaf leaf, int kind, int slot) {
    LiveRule rule = slot == program.slots ? null : rules.at(slot);
    boolean decides = kind == Node.DECIDE;
    return new Node(leaf, kind, hits.toArray(NO_RULES), rule,
        decides ? ((Target.Decide) rule.rule().target()).verdict() : program.policy, slot);
  }
}
