package io.sluice.conntrack;

import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;

/** Address translation (net/netfilter/nf_nat_core.c, nf_nat_proto.c). Got from {@link Conntrack#nat}. */
public final class Nat {
  private final Conntrack conntrack;

  Nat(Conntrack conntrack) {
    this.conntrack = conntrack;
  }

  /**
   * NAT's hook function (nf_nat_ipv4_fn(), nf_nat_inet_fn()), to be called in PREROUTING and OUTPUT at priority -100 and
   * in INPUT and POSTROUTING at 100, if any NAT base chain is loaded. A connection's first packet consults the rules; if
   * they leave the binding open it becomes a null binding; then the packet is rewritten as the binding says.
   *
   * @param outIndex index of the out-interface in POSTROUTING, else 0; a masqueraded connection that leaves by another
   *     interface than before is killed
   * @return ACCEPT, DROP, or what {@code rules} said
   */
  public Verdict packet(Packet packet, CtRef ref, Hook hook, int outIndex, NatRules rules) {
    return Verdict.ACCEPT;
  }

  /** Whether the end of the connection that {@code manip} rewrites is bound already: nf_nat_initialized(). */
  public boolean isInitialized(Connection connection, NatRange.Manip manip) {
    return false;
  }

  /**
   * Binds one end of a new connection: nf_nat_setup_info(), what DNAT, SNAT and NETMAP end in. Already bound or
   * confirmed connections are left as they are.
   */
  public Verdict setup(Connection connection, NatRange range, NatRange.Manip manip) {
    return Verdict.ACCEPT;
  }

  /**
   * MASQUERADE: SNAT to {@code source}, the address that the out-interface offers, with the ports of {@code range};
   * nf_nat_masquerade_ipv4() in net/netfilter/nf_nat_masquerade.c.
   */
  public Verdict masquerade(Connection connection, NatRange range, IpAddress source, int outIndex) {
    return Verdict.ACCEPT;
  }

  /** REDIRECT: DNAT to {@code destination}, with the ports of {@code range}; net/netfilter/nf_nat_redirect.c. */
  public Verdict redirect(Connection connection, NatRange range, IpAddress destination) {
    return Verdict.ACCEPT;
  }

  /** Which end a hook rewrites: HOOK2MANIP. */
  public static NatRange.Manip manip(Hook hook) {
    return hook == Hook.POSTROUTING || hook == Hook.INPUT ? NatRange.Manip.SOURCE : NatRange.Manip.DESTINATION;
  }
}
