package io.sluice.host;

/**
 * One next hop of one routing table line, with the {@link Route}s that it can end in: what a table look-up finds
 * (struct fib_result, struct fib6_result). For an error route its only hop says which error.
 */
final class FibHop {
  final RouteEntry entry;
  /** 0..32 or 0..128 bits of the destination. */
  final int prefixLength;
  /** Why a packet ends here; NONE for routes that lead somewhere. */
  final Route.Failure error;
  /** The interface of the line: for a local route the one that has the address. {@code lo} for an error route. */
  final NetDevice device;
  final boolean hasGateway;
  final int weight;
  final boolean dead;
  /** Unusable as its link is down and the interface's sysctl ignores such routes. */
  final boolean ignoredWithLinkDown;
  /** nh_saddr: the address that IPv4's source selection gives this hop; 0 for none. */
  final long source4;

  /** All hops of the same line, this one included. Set once, before the table is published. */
  FibHop[] siblings;

  /** To {@link #device} and gateway, for local senders; also what an error route ends in. */
  final Route send;
  /** As {@link #send}, for a packet that came in; differs for a broadcast address that is forwarded to. */
  final Route forward;
  /** As {@link #forward}, for a packet whose sender is to get a redirect. */
  final Route redirect;
  /** To this host, by {@code lo}. */
  final Route deliver;
  /** {@link #send} of a multicast packet. */
  final Route multicast;

  FibHop(
      RouteEntry entry, Route.Failure error, NetDevice device, RouteEntry.Hop hop, boolean ignoredWithLinkDown,
      long source4, Route send, Route forward, Route redirect, Route deliver, Route multicast) {
    this.entry = entry;
    this.prefixLength = entry.destination().prefixLength();
    this.error = error;
    this.device = device;
    this.hasGateway = hop.gateway().isPresent();
    this.weight = hop.weight();
    this.dead = hop.dead();
    this.ignoredWithLinkDown = ignoredWithLinkDown;
    this.source4 = source4;
    this.send = send;
    this.forward = forward;
    this.redirect = redirect;
    this.deliver = deliver;
    this.multicast = multicast;
  }

  boolean failed() {
    return error != Route.Failure.NONE;
  }
}
