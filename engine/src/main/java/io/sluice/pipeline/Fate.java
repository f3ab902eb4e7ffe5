package io.sluice.pipeline;

/** What became of a packet. */
public enum Fate {
  /** Came in by one interface and left by another (or the same). */
  FORWARDED,
  /** Was made here and left. */
  SENT,
  /** Reached the host itself. */
  DELIVERED,
  /** Ended silently: a rule, a policy, conntrack, NAT, or the IP layer; {@link Outcome#reason} says which. */
  DROPPED,
  /** Ended at a REJECT rule, which answers if it may. */
  REJECTED,
  /** Ended in the IP layer, which sent an ICMP error: no route, TTL exceeded, too big. */
  IP_ERROR;

  /** Whether the packet got to where it should. */
  public boolean arrived() {
    return this == FORWARDED || this == SENT || this == DELIVERED;
  }
}
