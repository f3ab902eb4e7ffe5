package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.Optional;

/**
 * Routes packets as the kernel does. Immutable and shareable; a look-up allocates nothing.
 *
 * <p>Kernel: ip_route_input_slow() and ip_route_output_key_hash_rcu() in net/ipv4/route.c, fib_validate_source() in
 * net/ipv4/fib_frontend.c, ip6_pol_route() in net/ipv6/route.c.
 */
public final class Routing {
  Routing(Network network) {}

  /** Where a packet that came in by {@code in} goes, after PREROUTING. */
  public Route input(FlowKey key, NetDevice in) {
    throw new UnsupportedOperationException();
  }

  /**
   * Where a packet from this host goes.
   *
   * @param out the interface that the sender is bound to, or null
   */
  public Route output(FlowKey key, NetDevice out) {
    throw new UnsupportedOperationException();
  }

  /** The source that a local sender gets that has not chosen one, for a packet that {@link #output} gave {@code route}. */
  public Optional<IpAddress> source(Route route, FlowKey key) {
    throw new UnsupportedOperationException();
  }

  /**
   * What kind of address it is to this host: inet_addr_type() in net/ipv4/fib_frontend.c; for IPv6 what
   * {@code -m addrtype} makes of it in net/netfilter/xt_addrtype.c.
   *
   * @param limit only addresses of this interface are LOCAL (inet_dev_addr_type()); null for any
   */
  public AddressType addressType(Family family, long hi, long lo, NetDevice limit) {
    throw new UnsupportedOperationException();
  }

  /**
   * The address that this host speaks with over {@code out}: inet_select_addr() in net/ipv4/devinet.c,
   * ipv6_dev_get_saddr() in net/ipv6/addrconf.c. MASQUERADE and ICMP errors ask this.
   *
   * @param scope {@link Scope} that the address must reach at least
   */
  public Optional<IpAddress> selectSource(Family family, NetDevice out, long dstHi, long dstLo, int scope) {
    throw new UnsupportedOperationException();
  }

  /** The first address of an interface, as REDIRECT takes it for packets that come in there. */
  public Optional<IpAddress> primaryAddress(Family family, NetDevice device) {
    throw new UnsupportedOperationException();
  }
}
