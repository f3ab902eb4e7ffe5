package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.Optional;

/**
 * What becomes of a packet by the routing tables (struct dst_entry with struct rtable or rt6_info). Immutable and made
 * when the tables are loaded: a look-up returns one and allocates nothing.
 *
 * @param type UNICAST: sent or forwarded to {@code out}. LOCAL, ANYCAST: delivered here. BROADCAST, MULTICAST: on input
 *     delivered here, on output sent to {@code out}. UNREACHABLE when {@link #failure} is not NONE
 * @param failure why the packet ends here, or {@link Failure#NONE}
 * @param out the interface that it leaves by; {@code lo} for local delivery; null when {@link #failed}
 * @param gateway the next hop; empty when the destination itself is the neighbour. May be IPv6 for an IPv4 route
 * @param mtu the largest packet that {@code out} takes over this route, in bytes: the route's own or the device's
 * @param mtuLocked {@code mtu lock}: path MTU discovery does not change it, and packets are not marked "don't fragment"
 * @param preferredSource what a local sender that has not chosen sends from: the route's {@code src}; for IPv4 without
 *     one, the interface's address that goes with the gateway. See {@link Routing#source}
 * @param redirect on input: the packet goes back where it came from, and its sender is to get an ICMP redirect
 * @param multipath one of several next hops, or refused for want of another: which of them the kernel takes depends on a
 *     random number of its own, see {@link FlowKey#multipathHash(int)}
 * @param realm {@code realm} of the route (tclassid), 0 unless set
 * @param entry the line of the routing table that decided; empty where none did
 */
public record Route(
    AddressType type,
    Failure failure,
    NetDevice out,
    Optional<IpAddress> gateway,
    int mtu,
    boolean mtuLocked,
    Optional<IpAddress> preferredSource,
    boolean redirect,
    boolean multipath,
    int realm,
    Optional<RouteEntry> entry) {

  /** Why a packet is not routed. What the kernel answers with depends on the family, see {@link #icmpCode}. */
  public enum Failure {
    NONE("routed"),
    /** Source is multicast, broadcast, ours, 0.0.0.0 or 127/8: dropped without a word. */
    MARTIAN_SOURCE("martian source"),
    /** Destination is 0.0.0.0, or 127/8 from outside, or a kind of route that nothing comes in by: dropped without a word. */
    MARTIAN_DESTINATION("martian destination"),
    /** rp_filter: the source is not routed back to the interface that the packet came in by. Silent. */
    REVERSE_PATH("rp_filter: the source is not routed back to the in-interface"),
    /** A group that the in-interface has not joined. Silent. */
    NOT_JOINED("multicast group not joined"),
    /** The in-interface (IPv4) or the host (IPv6) does not forward. Silent. */
    FORWARDING_DISABLED("forwarding is disabled"),
    /** A {@code blackhole} route or rule: EINVAL, silent. */
    BLACKHOLE("blackhole route"),
    /** No route, or an {@code unreachable} rule: ENETUNREACH. */
    NO_ROUTE("no route"),
    /** An {@code unreachable} route: EHOSTUNREACH. */
    UNREACHABLE("unreachable route"),
    /** A {@code prohibit} route or rule: EACCES. */
    PROHIBIT("prohibit route"),
    /** Output only: a source that nobody may send from, EINVAL; or one that is not ours, ENETUNREACH. */
    INVALID_SOURCE("invalid source"),
    /** The interface is down, ENETUNREACH. */
    DEVICE_DOWN("interface is down");

    private final String text;

    Failure(String text) {
      this.text = text;
    }

    /**
     * The code of the ICMP destination-unreachable message (type 3, ICMPv6 type 1) that a forwarded packet's sender
     * gets, or -1 when the packet just vanishes: ip_error() in net/ipv4/route.c, ip6_pkt_drop() in net/ipv6/route.c.
     */
    public int icmpCode(Family family) {
      boolean v4 = family == Family.IPV4;
      switch (this) {
        case NO_ROUTE:
          return 0;
        case UNREACHABLE:
          return v4 ? 1 : 0;
        case PROHIBIT:
          return v4 ? 13 : 1;
        default:
          return -1;
      }
    }

    /** A few words for people. */
    public String text() {
      return text;
    }
  }

  /** A packet that ends here. */
  static Route failed(Failure failure, Optional<RouteEntry> entry) {
    return new Route(
        AddressType.UNREACHABLE, failure, null, Optional.empty(), 0, false, Optional.empty(), false, false, 0, entry);
  }

  /** A packet that ends here with the hop that was chosen for it; with another it might not. */
  static Route failedByChoice(Failure failure) {
    return new Route(AddressType.UNREACHABLE, failure, null, Optional.empty(), 0, false, Optional.empty(), false, true, 0,
        Optional.empty());
  }

  /** A packet that goes out by {@code out} to whoever is there, by no line of a table. */
  public static Route direct(AddressType type, NetDevice out, int mtu, Optional<IpAddress> source) {
    return new Route(
        type, Failure.NONE, out, Optional.empty(), mtu, false, source, false, false, 0, Optional.empty());
  }

  /** Whether the packet ends here for want of a route. */
  public boolean failed() {
    return failure != Failure.NONE;
  }

  /** Whether a packet that came in is for this host. */
  public boolean isLocalDelivery() {
    return !failed() && type != AddressType.UNICAST;
  }
}
