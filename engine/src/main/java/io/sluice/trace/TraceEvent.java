package io.sluice.trace;

import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import java.util.Optional;

/**
 * One step of a packet.
 *
 * @param kind what happened
 * @param depth how deep in chains and answers, from 0
 * @param text for people: the packet, the hook, the verdict, why a rule did not match …
 * @param chain the chain that was entered, or whose policy decided
 * @param rule the rule that matched or did not
 */
public record TraceEvent(Kind kind, int depth, String text, Optional<LiveChain> chain, Optional<LiveRule> rule) {

  /** What a step is. */
  public enum Kind {
    PACKET,
    ANSWER,
    HOOK,
    CONNTRACK,
    CHAIN,
    NO_MATCH,
    MATCH,
    POLICY,
    NAT,
    ROUTE,
    NOTE,
    END
  }
}
