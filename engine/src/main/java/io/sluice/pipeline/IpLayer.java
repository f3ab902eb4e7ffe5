package io.sluice.pipeline;

import io.sluice.host.AddressType;
import io.sluice.host.FlowKey;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Route;
import io.sluice.host.Routing;
import io.sluice.net.Net;
import io.sluice.net.PacketOutput;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Fragmenter;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Ipv4Options;
import io.sluice.packet.Ipv6Receive;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The way of a packet through the IP layer, with the hooks in their places.
 *
 * <p>Kernel: ip_rcv(), ip_local_deliver() in net/ipv4/ip_input.c; ip_forward() in net/ipv4/ip_forward.c; ip_local_out(),
 * ip_output(), ip_finish_output() in net/ipv4/ip_output.c; their twins in net/ipv6/ip6_input.c and ip6_output.c.
 */
final class IpLayer implements PacketOutput {
  private static final int FRAGMENTATION_NEEDED = 4;
  private static final int NOT_NEIGHBOUR = 2;
  private static final int PACKET_TOO_BIG6 = 2;
  private static final int PARAMETER_PROBLEM4 = 12;
  private static final int PARAMETER_PROBLEM6 = 4;
  /** Where the destination stands in an IPv4 header. */
  private static final int DESTINATION = 16;
  private static final int IPV6_MIN_MTU = 1280;
  private static final int INTERFACE_LOCAL = 1;

  private final Network network;
  private final Routing routing;
  private final HookRunner hooks4;
  private final HookRunner hooks6;
  private final Reassembler reassembler;
  private final IcmpRateLimit limit;
  private final Observer observer;
  private final List<Passage> passages = new ArrayList<>();
  private final FlowKey key = new FlowKey();
  private Net net;
  private IcmpSender icmp;
  private int depth;

  /** @param observer may be null */
  IpLayer(
      Network network, HookRunner hooks4, HookRunner hooks6, Reassembler reassembler, IcmpRateLimit limit, Observer observer) {
    this.network = network;
    this.routing = network.routing();
    this.hooks4 = hooks4;
    this.hooks6 = hooks6;
    this.reassembler = reassembler;
    this.limit = limit;
    this.observer = observer;
  }

  /** Ties the knot: the namespace sends through this layer, and this layer's rules see the namespace. */
  void attach(Net net, IcmpSender icmp) {
    this.net = net;
    this.icmp = icmp;
  }

  /** A packet that came in by {@code skb.in()}. */
  Passage receive(SkBuff skb) {
    Passage passage = push(skb, false);
    if (observer != null) {
      observer.begin(skb, skb.in(), false);
    }
    if (!skb.hasValidHeader()) {
      passage.stopped(null, Fate.DROPPED, "bad IP header");
    } else if (skb.packetType() == SkBuff.PacketType.OTHERHOST) {
      passage.stopped(null, Fate.DROPPED, "the frame is addressed to another host");
    } else if (skb.family() == Family.IPV4 || acceptable6(passage)) {
      receive(passage, skb.in());
    }
    return pop(passage);
  }

  /**
   * A packet that came in at a bridge whose frames cross the IP rules (bridge-nf-call-iptables). PREROUTING comes before
   * the bridge looks where the frame goes; if NAT sends it to a station on the same bridge it stays there, as a frame for
   * another station does: no routing, no TTL, and both interfaces are the bridge.
   *
   * <p>Kernel: br_nf_pre_routing_finish(), br_nf_forward_ip() and br_nf_post_routing() in
   * net/bridge/br_netfilter_hooks.c, should_deliver() in net/bridge/br_forward.c.
   *
   * @param port the port by which it came; null when it is not known
   * @param crosses whether the frame is for another station
   * @param stations where they are; learns where this packet's sender is
   */
  Passage bridge(SkBuff skb, NetDevice bridge, NetDevice port, boolean crosses, ForwardingDatabase stations) {
    Passage passage = push(skb, false);
    skb.setBridgePorts(port, null);
    if (observer != null) {
      observer.begin(skb, bridge, false);
    }
    long dstHi = skb.dstHi();
    long dstLo = skb.dstLo();
    if (!skb.hasValidHeader()) {
      passage.stopped(null, Fate.DROPPED, "bad IP header");
    } else if (hooks(skb).run(Hook.PREROUTING, passage, bridge, null)) {
      stations.learn(skb, bridge, port);
      boolean moved = dstHi != skb.dstHi() || dstLo != skb.dstLo();
      if (moved ? staysOn(bridge, skb) : crosses) {
        cross(passage, bridge, port, stations.towards(skb, bridge, port, moved));
      } else if (skb.family() == Family.IPV4 || acceptable6(passage)) {
        skb.setReassembly(skb.reassembly().handedUp());
        Route route = routing.input(key.set(skb, skb.mark()), bridge);
        if (moved) {
          skb.setArrival(route.out()); // ip6_rcv_core() takes it from the route that the bridge has looked up
        }
        skb.setRoute(route);
        passage.routed(route, observer);
        dispatch(passage, route, bridge);
      }
    }
    return pop(passage);
  }

  /** Where NAT has changed the destination, br_nf_pre_routing_finish() asks for the way as for what comes in. */
  private boolean staysOn(NetDevice bridge, SkBuff skb) {
    Route route = routing.input(key.set(skb, skb.mark()), bridge);
    return !route.failed() && route.type() == AddressType.UNICAST && route.out() == bridge;
  }

  private void cross(Passage passage, NetDevice bridge, NetDevice port, NetDevice other) {
    SkBuff skb = passage.skb();
    if (goesBack(passage, bridge, port, other)) {
      return;
    }
    skb.ipSummed().forwarded();
    skb.setOut(bridge);
    // bridge_parent_rtable(): who asks for the route finds one, of no table, out by the bridge.
    skb.setRoute(Route.direct(AddressType.UNICAST, bridge, bridge.mtu(), Optional.empty()));
    skb.setBridgePorts(port, other);
    if (hooks(skb).run(Hook.FORWARD, passage, bridge, bridge)
        && hooks(skb).run(Hook.POSTROUTING, passage, null, bridge)) {
      bridged(passage, bridge);
    }
  }

  private boolean goesBack(Passage passage, NetDevice bridge, NetDevice port, NetDevice other) {
    boolean back = port == null ? network.devicesOf(bridge).size() == 1 : port == other;
    if (!back || other.hairpin()) {
      return false;
    }
    passage.stopped(null, Fate.DROPPED, "bridge: the destination is behind the port that the frame came by, and hairpin is off");
    return true;
  }

  /** br_nf_dev_queue_xmit(): what was joined from fragments is cut again before it leaves by a port. */
  private void bridged(Passage passage, NetDevice bridge) {
    SkBuff skb = passage.skb();
    int largest = skb.reassembly().maxSize();
    if (skb.reassembly().happened() && skb.length() > Math.min(largest, bridge.mtu())) {
      Fragmenter.split(skb, bridge.mtu(), net.random().nextInt()).forEach(passage::fragment);
    }
    passage.left(bridge);
  }

  /** A packet in a frame that a bridge does not take. */
  Passage refused(SkBuff skb, String reason) {
    Passage passage = push(skb, false);
    if (observer != null) {
      observer.begin(skb, skb.in(), false);
    }
    passage.stopped(null, Fate.DROPPED, reason);
    return pop(passage);
  }

  /** A packet that a bridge carries without asking the IP rules. */
  Passage bridgeUnfiltered(SkBuff skb, NetDevice bridge, NetDevice port, NetDevice other) {
    Passage passage = push(skb, false);
    if (observer != null) {
      observer.begin(skb, bridge, false);
      observer.note(skb, "bridged: bridge-nf-call-iptables is off, no rule sees it");
    }
    if (!goesBack(passage, bridge, port, other)) {
      passage.left(bridge);
    }
    return pop(passage);
  }

  /** A packet of a local sender. */
  Passage send(SkBuff skb) {
    Passage passage = push(skb, true);
    skb.setSocket(true);
    if (observer != null) {
      observer.begin(skb, null, false);
    }
    if (!skb.hasValidHeader()) {
      passage.stopped(null, Fate.DROPPED, "bad IP header");
      return pop(passage);
    }
    Route route = routing.output(key.set(skb, skb.mark()), null);
    if (route.failure() == Route.Failure.INVALID_SOURCE) {
      // Only a raw socket sends from an address that is not ours, and it is routed without: raw_sendmsg() with IP_HDRINCL.
      route = routing.output(key.source(0, 0), null);
    }
    passage.routed(route, observer);
    if (route.failed()) {
      passage.stopped(null, Fate.IP_ERROR, route.failure().text());
      return pop(passage);
    }
    if ((skb.srcHi() | skb.srcLo()) == 0) {
      Optional<IpAddress> source = routing.source(route, key);
      source.ifPresent(address -> skb.setSource(address.hi(), address.lo()));
    }
    skb.setRoute(route);
    skb.setOut(route.out());
    output(passage);
    return pop(passage);
  }

  /** An answer of the host's own, sent while another packet stands in a rule or in the IP layer. */
  @Override
  public void localOut(SkBuff answer) {
    Passage cause = passages.get(depth - 1);
    Passage passage = push(answer, true);
    if (observer != null) {
      observer.begin(answer, null, true);
    }
    if (answer.route() == null) {
      answer.setRoute(wayOf(answer));
      passage.routed(answer.route(), observer);
    }
    if (answer.route().failed()) {
      passage.stopped(null, Fate.DROPPED, answer.route().failure().text());
    } else {
      answer.setOut(answer.route().out());
      output(passage);
    }
    cause.answer(pop(passage).outcome());
  }

  @Override
  public boolean hasRoute(SkBuff answer) {
    return !wayOf(answer).failed();
  }

  /** ip_route_me_harder(): the answer may have a source that is not ours. */
  private Route wayOf(SkBuff answer) {
    return routing.outputAgain(key.set(answer, answer.mark()));
  }

  @Override
  public void deviceOut(SkBuff answer, NetDevice port) {
    Passage cause = passages.get(depth - 1);
    Passage passage = push(answer, true);
    if (observer != null) {
      observer.begin(answer, null, true);
    }
    passage.left(port);
    cause.answer(pop(passage).outcome());
  }

  private Passage push(SkBuff skb, boolean locallyMade) {
    if (depth == passages.size()) {
      passages.add(new Passage(net));
    }
    Passage passage = passages.get(depth++);
    passage.begin(skb, locallyMade);
    return passage;
  }

  private Passage pop(Passage passage) {
    depth--;
    if (observer != null) {
      observer.end(passage.outcome());
    }
    return passage;
  }

  private HookRunner hooks(SkBuff skb) {
    return skb.family() == Family.IPV4 ? hooks4 : hooks6;
  }

  /** What ip6_rcv_core() checks: before PREROUTING, but behind it where the packet came by a bridge that asks the rules. */
  private boolean acceptable6(Passage passage) {
    SkBuff skb = passage.skb();
    if (routing.refusedBeforeHooks(key.set(skb, skb.mark()), skb.in(), skb.packetType() == SkBuff.PacketType.LOOPBACK)) {
      passage.stopped(null, Fate.DROPPED, "an address that no received packet may have, or IPv6 is off on " + skb.in());
      return false;
    }
    if (!Ipv6Receive.acceptsHopByHop(skb)) {
      OptionalInt problem = Ipv6Receive.parameterProblem(skb);
      if (problem.isPresent()) {
        icmp.send(skb, PARAMETER_PROBLEM6, problem.getAsInt() >>> 16, problem.getAsInt() & 0xffff);
      }
      passage.stopped(null, problem.isPresent() ? Fate.IP_ERROR : Fate.DROPPED, "bad hop-by-hop options");
      return false;
    }
    return true;
  }

  private void receive(Passage passage, NetDevice in) {
    SkBuff skb = passage.skb();
    HookRunner hooks = hooks(skb);
    if (!hooks.receive(passage, in)) {
      return;
    }
    Route route = skb.route();
    if (route == null) {
      route = routing.input(key.set(skb, skb.mark()), in);
      skb.setRoute(route);
      passage.routed(route, observer);
    }
    dispatch(passage, route, in);
    hooks.arrived(passage);
  }

  /** dst_input(): what the routing decision makes of a packet that came in. */
  private void dispatch(Passage passage, Route route, NetDevice in) {
    SkBuff skb = passage.skb();
    Ipv4Options options = null;
    if (Ipv4Options.areIn(skb) && !(route.failed() && route.failure().icmpCode(Family.IPV4) < 0)) {
      options = Ipv4Options.receive(skb, new OptionScribe(routing, skb, in));
      if (!accepts(passage, options, in)) {
        return;
      }
    }
    if (route.failed()) {
      unroutable(passage, route);
    } else if (route.isLocalDelivery()) {
      deliver(passage, in);
    } else {
      skb.setOut(route.out());
      forward(passage, in, options);
    }
  }

  /** ip_rcv_options() in net/ipv4/ip_input.c, ip_options_rcv_srr() in net/ipv4/ip_options.c. */
  private boolean accepts(Passage passage, Ipv4Options options, NetDevice in) {
    SkBuff skb = passage.skb();
    boolean routed = options.isSourceRouted();
    if (options.problem() < 0 && routed && !routing.acceptsSourceRoute(in)) {
      passage.stopped(null, Fate.DROPPED, "a source route, which " + in + " accepts from nobody (accept_source_route)");
      return false;
    }
    boolean strict = routed && options.isStrict() && skb.route().type() == AddressType.UNICAST;
    int problem = options.problem() < 0 && strict ? DESTINATION : options.problem();
    if (problem >= 0) {
      icmp.send(skb, PARAMETER_PROBLEM4, 0, problem << 24);
      passage.stopped(null, Fate.IP_ERROR, "bad IP options");
    }
    return problem < 0;
  }

  private void unroutable(Passage passage, Route route) {
    SkBuff skb = passage.skb();
    int code = route.failure().icmpCode(skb.family());
    boolean v4 = skb.family() == Family.IPV4;
    if (code >= 0 && (!v4 || limit.allowsRouteError(skb.srcHi(), skb.srcLo()))) {
      icmp.send(skb, v4 ? IcmpTypes.UNREACHABLE : IcmpTypes.UNREACHABLE6, code, 0);
    }
    passage.stopped(null, code >= 0 ? Fate.IP_ERROR : Fate.DROPPED, route.failure().text());
  }

  private void deliver(Passage passage, NetDevice in) {
    SkBuff skb = passage.skb();
    if (reassembler.gatherForDelivery(passage) && hooks(skb).run(Hook.INPUT, passage, in, null)) {
      passage.delivered();
    }
  }

  /** @param options null for none */
  private void forward(Passage passage, NetDevice in, Ipv4Options options) {
    SkBuff skb = passage.skb();
    boolean v4 = skb.family() == Family.IPV4;
    if (skb.packetType() != SkBuff.PacketType.UNICAST) {
      passage.stopped(null, Fate.DROPPED, "not forwarded: the frame was a broadcast or multicast");
      return;
    }
    if (skb.ttl() <= 1) {
      icmp.send(skb, v4 ? IcmpTypes.TIME_EXCEEDED : IcmpTypes.TIME_EXCEEDED6, 0, 0);
      passage.stopped(null, Fate.IP_ERROR, v4 ? "TTL exceeded" : "hop limit exceeded");
      return;
    }
    if (v4 ? !fits4(passage) : !sourceForwards6(passage, in) || !fits6(passage)) {
      return;
    }
    skb.ipSummed().forwarded();
    skb.setTtl(skb.ttl() - 1);
    if (v4 && skb.route().redirect()) {
      icmp.sendRedirect4(skb, skb.route().gateway().map(IpAddress::lo).orElse(skb.dstLo()));
    }
    if (hooks(skb).run(Hook.FORWARD, passage, in, skb.out())) {
      if (options != null) {
        options.forward(options.asksWhenForwarded() ? new OptionScribe(routing, skb, in).outAddress() : 0);
      }
      postroute(passage, in);
    }
  }

  private boolean fits4(Passage passage) {
    SkBuff skb = passage.skb();
    int mtu = skb.route().mtu();
    if (skb.length() <= mtu || !skb.dontFragment() || skb.reassembly().happened() && skb.reassembly().maxSize() <= mtu) {
      return true;
    }
    icmp.send(skb, IcmpTypes.UNREACHABLE, FRAGMENTATION_NEEDED, mtu);
    passage.stopped(null, Fate.IP_ERROR, "too big: the MTU of " + skb.out() + " is " + mtu + " and DF is set");
    return false;
  }

  private boolean fits6(Passage passage) {
    SkBuff skb = passage.skb();
    int mtu = Math.max(skb.route().mtu(), IPV6_MIN_MTU);
    boolean joined = skb.reassembly().happened();
    if (joined ? skb.reassembly().maxSize() <= mtu : skb.length() <= mtu) {
      return true;
    }
    icmp.send(skb, PACKET_TOO_BIG6, 0, mtu);
    passage.stopped(null, Fate.IP_ERROR, "too big: the MTU of " + skb.out() + " is " + mtu);
    return false;
  }

  /** ip6_forward(): sources that stay on their link. */
  private boolean sourceForwards6(Passage passage, NetDevice in) {
    SkBuff skb = passage.skb();
    if (in == skb.out()) {
      return true;
    }
    if ((skb.srcHi() | skb.srcLo()) == 0 || skb.srcHi() == 0 && skb.srcLo() == 1) {
      passage.stopped(null, Fate.DROPPED, "a source that is not forwarded");
      return false;
    }
    if (skb.srcHi() >>> 54 == 0x3fa) {
      icmp.send(skb, IcmpTypes.UNREACHABLE6, NOT_NEIGHBOUR, 0);
      passage.stopped(null, Fate.IP_ERROR, "a link-local source is not forwarded");
      return false;
    }
    return true;
  }

  /** From OUTPUT on; route and out-interface are chosen. */
  private void output(Passage passage) {
    SkBuff skb = passage.skb();
    if (hooks(skb).run(Hook.OUTPUT, passage, null, skb.out())) {
      postroute(passage, skb.in()); // ip_output() hands on the packet's device: only the copy that TEE makes has one
    }
  }

  /** POSTROUTING begins: it is {@code out} that is skb->dev now, and bitmap_ipmac_kadt() asks whether that is Ethernet. */
  static void leaveBy(SkBuff skb, NetDevice out) {
    if (!out.hasEthernetHeaders()) {
      skb.forgetLinkHeader();
    }
  }

  private void postroute(Passage passage, NetDevice in) {
    SkBuff skb = passage.skb();
    NetDevice out = skb.out();
    boolean v4 = skb.family() == Family.IPV4;
    AddressType type = skb.route().type();
    boolean many = !out.isLoopback() && (type == AddressType.MULTICAST || v4 && type == AddressType.BROADCAST);
    if (many && v4 && !sendToMany4(passage)) {
      return;
    }
    leaveBy(skb, out);
    if (!hooks(skb).run(Hook.POSTROUTING, passage, in, out)) {
      return;
    }
    if (Fragmenter.isNeeded(skb, skb.route().mtu())) {
      fragment(passage);
    } else if (out.isLoopback()) {
      loop(passage, out);
    } else if (!many || v4 || sendToMany6(passage, null)) {
      passage.left(out);
    }
  }

  /**
   * What goes to all, or to a group that the out-interface is in, is for this host too: a copy crosses POSTROUTING before the
   * packet does, and comes in by the interface. ip_mc_output().
   *
   * @return whether the packet itself goes on
   */
  private boolean sendToMany4(Passage passage) {
    SkBuff skb = passage.skb();
    boolean group = skb.route().type() == AddressType.MULTICAST;
    if (group && !routing.isJoined(Family.IPV4, skb.out(), 0, skb.dstLo())) {
      return true;
    }
    comeBack(passage, skb.copy());
    return !group || hasHopsLeft(passage);
  }

  /**
   * The same in IPv6, where the packet, or each fragment of it, has crossed POSTROUTING before: ip6_finish_output2().
   *
   * @param piece the fragment; null for the packet as it is
   */
  private boolean sendToMany6(Passage passage, byte[] piece) {
    SkBuff skb = passage.skb();
    if (routing.isJoined(Family.IPV6, skb.out(), skb.dstHi(), skb.dstLo())) {
      comeBack(passage, piece == null ? skb.copy() : skb.copy(piece));
      if (!hasHopsLeft(passage)) {
        return false;
      }
    }
    if (((int) (skb.dstHi() >>> 48) & 0xf) <= INTERFACE_LOCAL) {
      passage.stopped(null, Fate.DROPPED, "a group of interface-local scope");
      return false;
    }
    return true;
  }

  private static boolean hasHopsLeft(Passage passage) {
    if (passage.skb().ttl() == 0) {
      passage.stopped(null, Fate.DROPPED, "to a group with a TTL of 0: not beyond this host");
      return false;
    }
    return true;
  }

  /** The copy of a packet to many that is for this host: dev_loopback_xmit() in net/core/dev.c. */
  private void comeBack(Passage original, SkBuff copy) {
    NetDevice device = copy.out();
    Passage passage = push(copy, true);
    passage.trackAs(original);
    if (copy.ct().isTracked()) {
      copy.ct().assign(copy.ct().connection(), copy.ct().info());
    }
    if (observer != null) {
      observer.begin(copy, null, true);
      observer.note(copy, "a copy for this host itself");
    }
    if (hooks(copy).run(Hook.POSTROUTING, passage, null, device)) {
      passage.looped(device);
      copy.setIn(device);
      copy.setOut(null);
      copy.setPacketType(SkBuff.PacketType.LOOPBACK);
      copy.ipSummed().looped();
      if (copy.family() == Family.IPV4 || acceptable6(passage)) {
        receive(passage, device);
      }
    }
    original.answer(pop(passage).outcome());
  }

  private void fragment(Passage passage) {
    SkBuff skb = passage.skb();
    int mtu = skb.route().mtu();
    if (Fragmenter.isRefused(skb, mtu)) {
      boolean v4 = skb.family() == Family.IPV4;
      icmp.send(skb, v4 ? IcmpTypes.UNREACHABLE : PACKET_TOO_BIG6, v4 ? FRAGMENTATION_NEEDED : 0, mtu);
      passage.stopped(null, Fate.IP_ERROR, "too big for " + skb.out() + ", MTU " + mtu);
      return;
    }
    boolean many6 = skb.family() == Family.IPV6 && skb.route().type() == AddressType.MULTICAST && !skb.out().isLoopback();
    for (byte[] piece : Fragmenter.split(skb, mtu, net.random().nextInt())) {
      passage.fragment(piece);
      if (many6 && !sendToMany6(passage, piece)) {
        return;
      }
    }
    passage.left(skb.out());
  }

  /** loopback_xmit(): the packet comes in again by lo, with its connection, mark and route. */
  private void loop(Passage passage, NetDevice loopback) {
    SkBuff skb = passage.skb();
    passage.looped(loopback);
    skb.setIn(loopback);
    skb.setSocket(false); // skb_orphan() in loopback_xmit()
    skb.setOut(null);
    skb.setRoute(routing.looped(key.set(skb, skb.mark()), skb.route(), passage.isOwn()));
    if (skb.family() == Family.IPV4 || acceptable6(passage)) {
      receive(passage, loopback);
    }
  }
}
