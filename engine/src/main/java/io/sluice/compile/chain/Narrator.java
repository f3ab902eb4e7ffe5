package io.sluice.compile.chain;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Tracer;

/**
 * Tells a {@link Tracer} of every rule that lies on the way of a packet through one {@link ChainProgram}, where the compiled
 * rules have only said which of them match. Why one does not is found by asking its matches; what asking could change
 * stands behind the one that fails, and is not asked.
 */
final class Narrator {
  private final CompiledEvaluator owner;
  private final Tracer tracer;
  private final ChainProgram program;
  private final ProgramRules rules;

  Narrator(CompiledEvaluator owner, ChainProgram program, ProgramRules rules) {
    this.owner = owner;
    this.tracer = owner.tracer();
    this.program = program;
    this.rules = rules;
  }

  /** The stretch of {@code node}, from a slot whose rule has been found to match or not. */
  void stretch(int from, boolean isMatched, Node node, SkBuff skb, ActionParam par) {
    boolean matched = isMatched;
    int seen = 0;
    int slot = from;
    while (slot != node.slot) {
      LiveRule rule = rules.at(slot);
      owner.visit(rule.chain(), 1);
      if (!matched && (seen == node.hits.length || node.hits[seen] != rule)) {
        tracer.noMatch(rule, whyNot(rule, skb, par), skb);
        slot = program.next(slot);
        continue;
      }
      matched = false;
      seen++;
      tracer.match(rule, skb);
      switch (program.kind(slot)) {
        case ChainProgram.NONE -> slot = program.next(slot);
        case ChainProgram.RETURN -> slot = program.back(slot);
        default -> {
          tracer.enter(rule.jump(), skb);
          slot = program.body(slot);
        }
      }
    }
    if (node.kind != Node.ASK && node.kind != Node.POLICY) {
      tracer.match(node.rule, skb);
    }
  }

  private int whyNot(LiveRule rule, SkBuff skb, ActionParam par) {
    int part = ChainRunner.failedPart(rule, skb, par);
    par.clearHotdrop();
    if (part == ChainRunner.ALL_HOLD) {
      throw new EvaluatorsDifferException(rule + " matches, but was not found");
    }
    return part;
  }
}
