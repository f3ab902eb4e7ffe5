package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.Optional;

/**
 * Routes packets as the kernel does. Immutable and shareable; no method here allocates.
 *
 * <pre>
 *   FlowKey ─▶ Routing4, Routing6 ─▶ FibRules ─▶ FibTable ─▶ FibHop ─▶ Route
 *              martians, rp_filter,  ip rule     longest     made when the
 *              forwarding, groups                prefix      tables are loaded
 * </pre>
 *
 * <p>Kernel: ip_route_input_slow() and ip_route_output_key_hash_rcu() in net/ipv4/route.c, fib_validate_source() in
 * net/ipv4/fib_frontend.c, ip6_pol_route() in net/ipv6/route.c. {@code RoutingKernelIT} compares it with {@code ip
 * route get}. Not known from a dump: neighbours (an unreachable gateway is used), path MTUs learnt, and which of several next hops the kernel's seeded hash takes ({@link Route#multipath}).
 */
public final class Routing {
  private final RoutingData data;
  private final Routing4 v4;
  private final Routing6 v6;

  Routing(Network network) {
    this.data = new RoutingData(network);
    this.v4 = new Routing4(data);
    this.v6 = new Routing6(data);
  }

  /**
   * Whether ip_rcv_core() or ip6_rcv_core() drops a packet with these addresses before any hook, without a word. IPv4's
   * martians live on until {@link #input}, IPv6's do not.
   *
   * @param looped it is the copy of what the host itself sends to a group (PACKET_LOOPBACK)
   */
  public boolean refusedBeforeHooks(FlowKey key, NetDevice in, boolean looped) {
    return key.family == Family.IPV6 && v6.refused(key, in, looped);
  }

  /**
   * Where a packet that came in by {@code in} goes, after PREROUTING. Not for packets that come back over {@code lo}:
   * they keep the route that they left with.
   *
   * <p>IPv6's checks that ip6_forward() makes after the hop limit (a source that is unspecified, loopback, multicast or
   * link-local) are the caller's.
   */
  public Route input(FlowKey key, NetDevice in) {
    return key.family == Family.IPV4 ? v4.input(key, in) : v6.input(key, in);
  }

  /**
   * What becomes of a packet that comes back over {@code lo}, by the route that it left with: IPv4's of the host's own are for
   * this host (RTCF_LOCAL in __mkroute_output()), except for groups that {@code lo} is not in; those of others are forwarded to
   * {@code lo} again. Null when {@link #input} has to say: IPv6's other than local ones.
   *
   * @param own whether the host itself sent it
   */
  public Route looped(FlowKey key, Route sent, boolean own) {
    if (sent.type() == AddressType.LOCAL || key.family == Family.IPV4 && !own) {
      return sent;
    }
    return key.family == Family.IPV4 ? v4.looped(key, sent) : null;
  }

  /**
   * Whether what the host itself sends by {@code out} to this address comes in there, too: ip_mc_output() in net/ipv4/ip_output.c,
   * ip6_finish_output2() in net/ipv6/ip6_output.c.
   */
  public boolean comesBack(Family family, NetDevice out, long hi, long lo) {
    return !out.isLoopback() && (isJoined(family, out, hi, lo)
        || family == Family.IPV4 && addressType(family, hi, lo, null) == AddressType.BROADCAST);
  }

  /**
   * The way of a packet of the host's own that has been given one before: ip_route_me_harder(). An IPv4 source may be another's,
   * and one that nobody can have (a group, all) is not asked about.
   */
  public Route outputAgain(FlowKey key) {
    AddressType source = key.family == Family.IPV4 ? addressType(key.family, key.srcHi, key.srcLo, null) : AddressType.UNICAST;
    boolean possible = source == AddressType.LOCAL || source == AddressType.UNICAST;
    return output(possible ? key.anySource() : key.source(0, 0), null);
  }

  /**
   * Where a packet from this host goes. The key's source may be unspecified; {@link #source} then gives it one. (IPv4's
   * TCP, and IPv6 after a failure, look up once more with that source, so that rules with {@code from} see it.)
   *
   * @param out the interface that the sender is bound to, or null
   */
  public Route output(FlowKey key, NetDevice out) {
    return key.family == Family.IPV4 ? v4.output(key, out) : v6.output(key, out);
  }

  /**
   * Whether an answer to a packet that came in by {@code in} would leave by it: {@code -m rpfilter}. IPv4: rpfilter_lookup_reverse()
   * in net/ipv4/netfilter/ipt_rpfilter.c; IPv6: rpfilter_lookup_reverse6() in net/ipv6/netfilter/ip6t_rpfilter.c.
   *
   * @param key the answer's addresses
   * @param loose any interface will do
   * @param acceptLocal the packet may come from an address of this host
   */
  public boolean isReverse(FlowKey key, NetDevice in, boolean loose, boolean acceptLocal) {
    if (key.family == Family.IPV4) {
      return v4.isReverse(key, in, loose, acceptLocal);
    }
    boolean bound = !loose || IpAddresses.isLinkLocal6(key.dstHi);
    Route route = v6.output(key, bound ? in : null);
    if (route.failed()) {
      return false;
    }
    // Of a local route only IPv4 compares the interface.
    return route.type() == AddressType.LOCAL ? acceptLocal
        : route.type() == AddressType.UNICAST && (loose || in.equals(route.out()));
  }

  /**
   * The source that a local sender gets that has not chosen one, for a packet that {@link #output} gave {@code route};
   * empty when the route failed or the host has no address.
   */
  public Optional<IpAddress> source(Route route, FlowKey key) {
    return key.family == Family.IPV4 ? v4.source(route, key) : v6.source(route, key);
  }

  /**
   * What kind of address it is to this host. IPv4: inet_addr_type() in net/ipv4/fib_frontend.c. IPv6: UNSPEC, MULTICAST,
   * else what its route says: UNREACHABLE, LOCAL, ANYCAST, UNICAST. For {@code -m addrtype} see {@link #isAddressType}.
   *
   * @param limit only addresses of this interface are LOCAL and so on (inet_dev_addr_type()); null for any
   */
  public AddressType addressType(Family family, long hi, long lo, NetDevice limit) {
    if (family == Family.IPV4) {
      return v4.addressType(lo, limit);
    }
    if (IpAddresses.isUnspecified(hi, lo)) {
      return AddressType.UNSPEC;
    }
    if (IpAddresses.isMulticast(family, hi, lo)) {
      return AddressType.MULTICAST;
    }
    int types = v6.lookedUpTypes(hi, lo, limit, true);
    for (AddressType t : LOOKED_UP) {
      if ((types & t.bit()) != 0) {
        return t;
      }
    }
    return AddressType.UNICAST;
  }

  private static final AddressType[] LOOKED_UP = {
    AddressType.UNREACHABLE, AddressType.LOCAL, AddressType.ANYCAST
  };

  /**
   * IPv4 addresses in unsigned order, the first of them 0.0.0.0: from each to before the next all are of one type to {@link
   * #addressType} without a limit. To be left as it is.
   */
  public int[] addressTypeBounds4() {
    return v4.addressTypeBounds();
  }

  /**
   * {@code -m addrtype --src-type}, {@code --dst-type}: match_type() and match_type6() in net/netfilter/xt_addrtype.c. An
   * IPv4 address has one type and must have one of those asked for; an IPv6 address may have several, and must have all
   * of UNICAST, MULTICAST and UNSPEC that are asked for and one of the others.
   *
   * @param types {@link AddressType#bit}s
   * @param limit as for {@link #addressType}
   */
  public boolean isAddressType(Family family, long hi, long lo, NetDevice limit, int types) {
    if (family == Family.IPV4) {
      return (types & v4.addressType(lo, limit).bit()) != 0;
    }
    boolean multicast = IpAddresses.isMulticast(family, hi, lo);
    boolean any = IpAddresses.isUnspecified(hi, lo);
    if ((types & AddressType.MULTICAST.bit()) != 0 && !multicast
        || (types & AddressType.UNICAST.bit()) != 0 && (multicast || any)
        || (types & AddressType.UNSPEC.bit()) != 0 && !any) {
      return false;
    }
    int byRoute = AddressType.LOCAL.bit() | AddressType.ANYCAST.bit() | AddressType.UNREACHABLE.bit();
    if ((types & byRoute) == 0) {
      return true;
    }
    return (types & v6.lookedUpTypes(hi, lo, limit, (types & AddressType.LOCAL.bit()) != 0)) != 0;
  }

  /**
   * The address that this host speaks with over {@code out}: inet_select_addr() in net/ipv4/devinet.c,
   * ipv6_dev_get_saddr() in net/ipv6/addrconf.c. MASQUERADE asks this with IPv4's next hop or IPv6's destination, and
   * with global scope.
   *
   * @param scope IPv4: {@link Scope} that the address must reach at least
   */
  public Optional<IpAddress> selectSource(Family family, NetDevice out, long dstHi, long dstLo, int scope) {
    int device = data.position(out);
    return family == Family.IPV4
        ? data.sources4.select(device, dstLo, scope) : data.sources6.select(device, dstHi, dstLo);
  }

  /**
   * What REDIRECT makes of a packet that came in by {@code device}: its first address, for IPv6 the first with the scope
   * of the destination. Empty: the packet is dropped. Kernel: net/netfilter/nf_nat_redirect.c.
   */
  public Optional<IpAddress> primaryAddress(Family family, NetDevice device, long dstHi, long dstLo) {
    int position = data.position(device);
    return family == Family.IPV4 ? data.sources4.first(position) : data.sources6.first(position, dstHi, dstLo);
  }

  /** Whether the way may depend on a packet's mark or TOS beside its connection and in-interface: rules, routes with a TOS. */
  public boolean looksAtMarkOrTos(Family family) {
    return family == Family.IPV4 ? data.marksOrTos4 : data.marksOrTos6;
  }

  /** Whether the kernel itself has joined the group on the interface; what programs join is in no dump. */
  public boolean isJoined(Family family, NetDevice device, long hi, long lo) {
    return data.groups[data.position(device)].joined(family, hi, lo);
  }

  /** Whether packets of the family are received by the interface, and routes may lead there: not where IPv6 is off. */
  public boolean isOn(Family family, NetDevice device) {
    return family == Family.IPV4 || !data.config[data.position(device)].disabled6;
  }

  /** Whether packets from {@code in} may be forwarded at all: its {@code forwarding}, for IPv6 that of all. */
  public boolean forwards(Family family, NetDevice in) {
    DeviceConfig config = data.config[data.position(in)];
    return family == Family.IPV4 ? config.forwarding4 : data.forwarding6 || config.forceForwarding6;
  }

  /** Whether IPv4 broadcasts for other interfaces' networks that come in by {@code in} are forwarded: {@code bc_forwarding}. */
  public boolean forwardsBroadcasts(NetDevice in) {
    return data.config[data.position(in)].broadcastForwarding;
  }

  /** Whether IPv4 packets that come in by {@code in} may have an address of this host as their source: {@code accept_local}. */
  public boolean acceptsLocal(NetDevice in) {
    return data.config[data.position(in)].acceptLocal;
  }

  /** Whether a packet that says itself by which routers it goes (IPv4's source routes) may come in by a device. */
  public boolean acceptsSourceRoute(NetDevice in) {
    return data.config[data.position(in)].acceptSourceRoute;
  }

  /** Whether IPv4 packets that come in by {@code in} may have addresses of 127.0.0.0/8: {@code route_localnet}. */
  public boolean routesLocalnet(NetDevice in) {
    return data.config[data.position(in)].routeLocalnet;
  }
}
