package io.sluice.conntrack;

import io.sluice.netfilter.Verdict;

/** The base chains of a NAT hook, to be asked about the first packet of a connection. */
@FunctionalInterface
public interface NatRules {
  /** No NAT rule anywhere: every connection gets a null binding. */
  NatRules NONE = () -> Verdict.ACCEPT;

  /**
   * Asks the base chains of the hook in turn until one has decided (its target called {@link Nat#setup}) or one does
   * not accept; anything but {@link Verdict#ACCEPT} leaves the connection unbound, and all but {@link Verdict#BYPASS} end
   * the packet.
   */
  Verdict consult();
}
