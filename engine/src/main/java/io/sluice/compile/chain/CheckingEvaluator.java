package io.sluice.compile.chain;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Tracer;
import io.sluice.walk.Traversal;
import io.sluice.walk.Walker;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Runs the walker and stops where compiled rules would not have gone the same way. Matches are asked and targets act once,
 * for the walker; so that limits, sets and connections are what they are without a check. Slow, and one thread.
 *
 * <p>The {@link EvaluatorsDifferException} that tells of a difference leaves the packet half way in its chain.
 */
public final class CheckingEvaluator implements ChainEvaluator {
  private final CompiledEvaluator compiled;
  private final Walker walker;
  /** Of the packet in the rules and, below, of those whose targets have sent it. */
  private final Deque<Prediction> predictions = new ArrayDeque<>();

  CheckingEvaluator(CompiledEvaluator compiled, Tracer tracer) {
    this.compiled = compiled;
    this.walker = new Walker(new Comparison(tracer));
  }

  @Override
  public Verdict evaluate(LiveChain base, SkBuff skb, ActionParam par, Traversal result) {
    predictions.push(new Prediction(compiled, base, skb, par));
    try {
      Verdict verdict = walker.evaluate(base, skb, par, result);
      predictions.element().ended(verdict, result);
      return verdict;
    } finally {
      predictions.pop();
    }
  }

  /** Holds each step of the walker against the prediction. */
  private final class Comparison implements Tracer {
    private final Tracer tracer;

    Comparison(Tracer tracer) {
      this.tracer = tracer;
    }

    @Override
    public void enter(LiveChain chain, SkBuff skb) {
      if (tracer != null) {
        tracer.enter(chain, skb);
      }
    }

    @Override
    public void noMatch(LiveRule rule, int part, SkBuff skb) {
      if (tracer != null) {
        tracer.noMatch(rule, part, skb);
      }
      predictions.element().notMatched(rule);
    }

    @Override
    public void match(LiveRule rule, SkBuff skb) {
      if (tracer != null) {
        tracer.match(rule, skb);
      }
      predictions.element().matched(rule);
    }

    @Override
    public void policy(LiveChain chain, Verdict policy) {
      if (tracer != null) {
        tracer.policy(chain, policy);
      }
      predictions.element().policy();
    }
  }
}
