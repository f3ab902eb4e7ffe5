package io.sluice.corpus.recorded;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Target;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Traversal;

/** The walker once more, recursive, with two things that can be got wrong. Without hotdrop. */
final class MutatedWalker implements ChainEvaluator {
  private final boolean gotoComesBack;
  private final int skippedAfterReturn;

  /**
   * @param gotoComesBack whether {@code -g} is taken for {@code -j}
   * @param skippedAfterReturn how many rules behind a jump are left out after a RETURN; 0 is right
   */
  MutatedWalker(boolean gotoComesBack, int skippedAfterReturn) {
    this.gotoComesBack = gotoComesBack;
    this.skippedAfterReturn = skippedAfterReturn;
  }

  @Override
  public Verdict evaluate(LiveChain base, SkBuff skb, ActionParam par, Traversal result) {
    result.begin(base);
    Verdict verdict = walk(base, skb, par, result);
    if (verdict != Verdict.RETURN && verdict != Verdict.CONTINUE) {
      return verdict;
    }
    base.countPolicy(skb.length());
    return base.base().policy();
  }

  /** RETURN or, at the chain's end, CONTINUE: the caller goes on. Anything else ends the traversal. */
  private Verdict walk(LiveChain chain, SkBuff skb, ActionParam par, Traversal result) {
    for (int i = 0; i < chain.ruleCount(); i++) {
      LiveRule rule = chain.rule(i);
      if (!matches(rule, skb, par)) {
        continue;
      }
      rule.count(skb.length());
      Verdict verdict = act(rule, skb, par, result);
      boolean called = rule.jump() != null && (verdict == Verdict.RETURN || verdict == Verdict.CONTINUE);
      if (called) {
        boolean comesBack = gotoComesBack || rule.rule().target() instanceof Target.Jump;
        if (!comesBack) {
          return Verdict.CONTINUE;
        }
        i += verdict == Verdict.RETURN ? skippedAfterReturn : 0;
      } else if (verdict != Verdict.CONTINUE) {
        return verdict;
      }
    }
    return Verdict.CONTINUE;
  }

  private Verdict act(LiveRule rule, SkBuff skb, ActionParam par, Traversal result) {
    Verdict verdict = Verdict.CONTINUE;
    if (rule.jump() != null) {
      return walk(rule.jump(), skb, par, result);
    } else if (rule.rule().target() instanceof Target.Decide decide) {
      verdict = decide.verdict();
    } else if (rule.rule().target() instanceof ExtensionTarget extension) {
      par.setState(rule.targetState());
      verdict = extension.target(skb, par);
    }
    if (verdict != Verdict.CONTINUE && verdict != Verdict.RETURN) {
      result.decide(rule);
    }
    return verdict;
  }

  private static boolean matches(LiveRule rule, SkBuff skb, ActionParam par) {
    boolean all = rule.rule().ip().matches(skb, par);
    for (int i = 0; all && i < rule.matchCount(); i++) {
      par.setState(rule.matchState(i));
      all = rule.match(i).matches(skb, par);
    }
    return all;
  }
}
