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
  /** {@link #send} of a packet to a group. */
  final Route multicast;
  /** The same for a sender that is bound to the interface: its source is chosen before the look-up. */
  final Route boundMulticast;
  /** {@link #send} of a packet to 255.255.255.255. */
  final Route broadcast;

  FibHop(RouteEntry entry, NetDevice device, RouteEntry.Hop hop, boolean ignoredWithLinkDown, long source4, Ends ends) {
    this.entry = entry;
    this.prefixLength = entry.destination().prefixLength();
    this.error = ends.send.failure();
    this.device = device;
    this.hasGateway = hop.gateway().isPresent();
    this.weight = hop.weight();
    this.dead = hop.dead();
    this.ignoredWithLinkDown = ignoredWithLinkDown;
    this.source4 = source4;
    this.send = ends.send;
    this.forward = ends.forward;
    this.redirect = ends.redirect;
    this.deliver = ends.deliver;
    this.multicast = ends.multicast;
    this.boundMulticast = ends.boundMulticast;
    this.broadcast = ends.broadcast;
  }

  /** What a look-up that finds the hop can end in, as the fields of the hop. */
  record Ends(
      Route send, Route forward, Route redirect, Route deliver, Route multicast, Route boundMulticast, Route broadcast) {
    /** The same error, whatever the packet. */
    static Ends error(Route route) {
      return new Ends(route, route, route, route, route, route, route);
    }
  }

  boolean failed() {
    return error != Route.Failure.NONE;
  }
}
