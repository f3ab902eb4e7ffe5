package io.sluice.compile.chain;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.PacketText;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Traversal;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What the compiled rules foretell of one packet in one base chain, read step by step as the walker goes. Asks nothing and
 * does nothing: whether a match holds, and what a target makes of the packet, is seen from what the walker does next.
 */
final class Prediction {
  /** A chain that another one calls, and the node of the call. */
  private record Caller(ChainRunner runner, Node node) {}

  private final CompiledEvaluator compiled;
  private final LiveChain base;
  private final SkBuff skb;
  private final ActionParam par;
  private final String packet;
  private final Deque<Caller> callers = new ArrayDeque<>();
  private ChainRunner runner;
  /** Null when nothing is foretold any more: the packet is taken slot by slot. */
  private Node node;
  /** How many of the node's hits have been seen. */
  private int seen;

  Prediction(CompiledEvaluator compiled, LiveChain base, SkBuff skb, ActionParam par) {
    this.compiled = compiled;
    this.base = base;
    this.skb = skb;
    this.par = par;
    this.packet = PacketText.describe(skb);
    this.runner = compiled.runner(base);
    this.node = runner.predict(skb, par);
  }

  private void go(Node to) {
    node = to;
    seen = 0;
  }

  /** Goes on over targets that have let the packet pass, into called chains and out of them. */
  private void catchUp() {
    while (node != null && seen == node.hits.length) {
      if (node.kind == Node.TARGET) {
        go(runner.after(node, skb, par));
      } else if (node.kind == Node.CALL) {
        callers.push(new Caller(runner, node));
        runner = compiled.runner(node.rule.jump());
        go(runner.predict(skb, par));
      } else if (node.kind == Node.POLICY && !callers.isEmpty()) {
        Caller caller = callers.pop();
        runner = caller.runner();
        go(runner.after(caller.node(), skb, par));
      } else {
        return;
      }
    }
  }

  void matched(LiveRule rule) {
    catchUp();
    if (node != null && seen == node.hits.length && node.kind == Node.ASK && node.rule == rule) {
      go(runner.answered(node, true));
    }
    if (node == null) {
      return;
    }
    if (seen == node.hits.length || node.hits[seen] != rule) {
      throw differ(rule + " matches");
    }
    seen++;
  }

  void notMatched(LiveRule rule) {
    catchUp();
    if (node != null && seen == node.hits.length && node.kind == Node.ASK && node.rule == rule && !par.hotdrop()) {
      go(runner.answered(node, false));
    }
  }

  void policy() {
    catchUp();
    if (node != null && (seen < node.hits.length || node.kind != Node.POLICY)) {
      throw differ("the policy decides");
    }
  }

  /** The walker is done. */
  void ended(Verdict verdict, Traversal result) {
    LiveRule rule = result.decidedBy();
    if (node == null || rule == null && node.verdict == verdict) {
      return;
    }
    boolean foretold = seen == node.hits.length && node.rule == rule
        && (result.isHotdrop() ? node.kind == Node.ASK
            : node.kind == Node.TARGET || node.kind == Node.DECIDE && node.verdict == verdict);
    if (!foretold) {
      throw differ((rule == null ? "the policy" : rule.toString()) + " says " + verdict);
    }
  }

  private EvaluatorsDifferException differ(String walked) {
    String foretold = seen < node.hits.length ? node.hits[seen] + " matches" : switch (node.kind) {
      case Node.ASK -> node.rule + " is asked";
      case Node.POLICY -> "the policy says " + node.verdict;
      default -> node.rule + " says " + node.verdict;
    };
    return EvaluatorsDifferException.of("in " + base + " on " + packet, walked, foretold);
  }
}
