package io.sluice.walk;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;

/** "What does this base chain do with this packet": the one question that has two implementations. */
public interface ChainEvaluator {
  /**
   * Sends the packet through the base chain and all that it calls: counters move, targets act.
   *
   * @param par begun with {@link ActionParam#enter} for this chain
   * @param result is told what decided
   * @return ACCEPT, DROP, STOLEN or QUEUE
   */
  Verdict evaluate(LiveChain base, SkBuff skb, ActionParam par, Traversal result);
}
