package io.sluice.walk;

import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;

/** Is told of every chain and rule that a packet visits; what a tracer does not ask for passes it by. */
public interface Tracer {
  /** The {@code part} of a rule that stands for {@code -s -d -i -o -p -f}. */
  int IP_PART = -1;

  /** The packet enters a chain: a base chain, or a user chain by a jump. */
  default void enter(LiveChain chain, SkBuff skb) {}

  /** The rule does not match: {@code part} is {@link #IP_PART} or the index of the first match that fails. */
  default void noMatch(LiveRule rule, int part, SkBuff skb) {}

  /** The rule matches; its target acts next. */
  default void match(LiveRule rule, SkBuff skb) {}

  /** The base chain's policy decides. */
  default void policy(LiveChain chain, Verdict policy) {}
}
