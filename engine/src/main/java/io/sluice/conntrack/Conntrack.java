package io.sluice.conntrack;

import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Packet;

/** The connection table of a network namespace (net/netfilter/nf_conntrack_core.c). */
public final class Conntrack {
  private final Sysctls sysctls;
  private final Clock clock;

  public Conntrack(Sysctls sysctls, Clock clock) {
    this.sysctls = sysctls;
    this.clock = clock;
  }

  /**
   * Finds or begins the packet's connection and leaves it in {@code ref}: nf_conntrack_in(). In {@code ref} stands
   * beforehand what {@code -j CT} put there.
   */
  public Verdict in(Packet packet, CtRef ref, Hook hook) {
    return Verdict.ACCEPT;
  }

  /** Puts a new connection into the table when its first packet has come through: nf_conntrack_confirm(). */
  public Verdict confirm(Packet packet, CtRef ref) {
    return Verdict.ACCEPT;
  }
}
