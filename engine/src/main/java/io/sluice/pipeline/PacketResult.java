package io.sluice.pipeline;

import io.sluice.host.NetDevice;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;

/**
 * What became of a packet, without an object of its own: a view of what the simulator noted, good until it gets the next
 * packet. Null where {@link Outcome} has an empty {@code Optional}. The packet itself is as it left.
 */
public interface PacketResult {
  Fate fate();

  /** The interface that the packet left by; null when it did not leave. */
  NetDevice out();

  /** The rule that decided, as {@link Outcome#rule}; null when none did. */
  LiveRule rule();

  /** The base chain whose policy decided, as {@link Outcome#policy}; null when none did. */
  LiveChain policy();

  /** As {@link Outcome#reason}. */
  String reason();

  /** Everything that is to say, to keep. */
  Outcome outcome();
}
