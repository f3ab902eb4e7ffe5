package io.sluice.pipeline;

import io.sluice.host.NetDevice;
import io.sluice.host.Route;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.walk.Tracer;

/**
 * Is told of every step of a packet, for {@code trace} and {@code connect}. The packet is as it is at that moment; what an observer does
 * not ask for passes it by.
 */
public interface Observer extends Tracer {
  /** A packet begins its way: {@code in} is null for one that is made here. {@code answer}: the host's own reply. */
  default void begin(SkBuff skb, NetDevice in, boolean answer) {}

  /** The packet enters a hook. */
  default void hook(Hook hook, SkBuff skb, NetDevice in, NetDevice out) {}

  /** Conntrack has found or made the packet's connection, or called it invalid. */
  default void conntrack(SkBuff skb, Verdict verdict) {}

  /** NAT has looked at the packet; {@code before} is its header text before. Told only when something changed. */
  default void translated(SkBuff skb, String before) {}

  /** The routing decision. */
  default void routed(SkBuff skb, Route route) {}

  /** Anything else worth a line: defragmentation, TTL, fragmentation, the end. */
  default void note(SkBuff skb, String text) {}

  /** The packet's way ends. */
  default void end(Outcome outcome) {}
}
