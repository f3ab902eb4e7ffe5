package io.sluice.pipeline;

import io.sluice.compile.chain.End;
import io.sluice.compile.chain.Trail;
import io.sluice.compile.chain.Trails;
import io.sluice.conntrack.Connection;
import io.sluice.conntrack.Conntrack;
import io.sluice.conntrack.CtInfo;
import io.sluice.conntrack.NatRules;
import io.sluice.host.NetDevice;
import io.sluice.host.Route;
import io.sluice.host.Routing;
import io.sluice.net.SkBuff;
import io.sluice.net.SkBuff.PacketType;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Ipv4Options;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;

/**
 * Sends packets of established connections where those before them went, from behind connection tracking on: the idea of
 * the kernel's flow table (net/netfilter/nf_flow_table_ip.c), but nothing is left out that can be seen. Rules count, NAT
 * rewrites, the TTL sinks. Only where routing, chains and connection cannot say anything else than they did:
 *
 * <pre>
 *   PREROUTING: raw, conntrack ─┬─ as before ──▶ count, NAT, TTL, NAT ─────────────────────▶ forwarded, delivered
 *                               └─ else ──▶ mangle, NAT, route, FORWARD or INPUT, ... ──┬──▶
 *                                                    no chain asked or did anything: remembered by the connection
 * </pre>
 *
 * One family's, one thread.
 */
final class FastPath implements End.Draft {
  private final Trails trails;
  private final Conntrack conntrack;
  private final Routing routing;
  /** Whether NAT's functions are registered. */
  private final boolean translates;
  /** The packet that goes the long way, and may be the first of many. */
  private Passage first;
  private NetDevice in;

  /** @param trails of the compiled rules */
  FastPath(Trails trails, Conntrack conntrack, Routing routing, boolean translates) {
    this.trails = trails;
    this.conntrack = conntrack;
    this.routing = routing;
    this.translates = translates;
  }

  /**
   * What packets have in common that go the same way.
   *
   * @param key what routing may look at beside the addresses: {@link #key}
   * @param hook where the filter table accepted them, by {@code rule} or the {@code policy} of a chain; null if it has none
   */
  private record Way(NetDevice in, long key, Route route, Trail trail, Hook hook, LiveRule rule, LiveChain policy)
      implements End {
    @Override
    public int hash() {
      return Way.hash(in, key, route);
    }

    static int hash(NetDevice in, long key, Route route) {
      return in.index() * 31 + Long.hashCode(key) * 17 + System.identityHashCode(route);
    }
  }

  /**
   * Behind connection tracking in PREROUTING: sends a received packet all the way, if its connection remembers one.
   *
   * @return whether it has gone; if not, {@link #arrived} is to be called when it has
   */
  boolean take(Passage passage, NetDevice device) {
    SkBuff skb = passage.skb();
    first = null;
    if (device.isLoopback() || !Trails.mayRemember(skb)) {
      return false;
    }
    Connection connection = skb.ct().connection();
    if (trails.end(connection, isReply(skb)) instanceof Way way && mayGo(way, skb, device) && trails.repeats(way.trail, skb)) {
      go(way, passage);
      return true;
    }
    first = passage;
    in = device;
    trails.begin(skb);
    return false;
  }

  private static boolean isReply(SkBuff skb) {
    return skb.ct().info() == CtInfo.ESTABLISHED_REPLY;
  }

  private boolean mayGo(Way way, SkBuff skb, NetDevice device) {
    return way.in == device && way.key == key(skb) && isPlain(skb) && Conntrack.isSettled(skb.ct().connection())
        && (way.route.isLocalDelivery() || skb.ttl() > 1 && skb.length() <= way.route.mtu());
  }

  private static boolean isPlain(SkBuff skb) {
    return skb.packetType() == PacketType.UNICAST && !skb.isFragment() && !skb.reassembly().happened() && !Ipv4Options.areIn(skb);
  }

  /** What routing looks at that may be another in packets of the same connection and direction. */
  private long key(SkBuff skb) {
    return routing.looksAtMarkOrTos(skb.family()) ? (long) skb.mark() << 8 | skb.tos() : 0;
  }

  private void go(Way way, Passage passage) {
    SkBuff skb = passage.skb();
    Route route = way.route;
    trails.send(way.trail, skb.length());
    passage.accepted(way.hook, way.rule, way.policy);
    skb.setRoute(route);
    if (!translate(passage, Hook.PREROUTING, 0)) {
      return;
    }
    if (route.isLocalDelivery()) {
      if (translate(passage, Hook.INPUT, 0)) {
        passage.delivered();
      }
      return;
    }
    skb.setOut(route.out());
    skb.ipSummed().forwarded();
    skb.setTtl(skb.ttl() - 1);
    IpLayer.leaveBy(skb, route.out());
    if (translate(passage, Hook.POSTROUTING, route.out().index())) {
      passage.left(route.out());
    }
  }

  private boolean translate(Passage passage, Hook hook, int outIndex) {
    SkBuff skb = passage.skb();
    if (!translates) {
      return true;
    }
    Verdict verdict = conntrack.nat().packet(skb, skb.ct(), hook, outIndex, NatRules.NONE);
    if (verdict != Verdict.ACCEPT) {
      passage.stopped(hook, Fate.DROPPED, "nat: " + conntrack.reason());
    }
    return verdict == Verdict.ACCEPT;
  }

  /** A packet that was not {@link #take taken} has gone the long way: the connection remembers it, if it can. */
  void arrived(Passage passage) {
    if (passage != first) {
      return;
    }
    SkBuff skb = passage.skb();
    Route route = skb.route();
    boolean plain = trails.end() && passage.isPlain() && isPlain(skb) && Trails.mayRemember(skb);
    boolean there = passage.fate() == Fate.FORWARDED && !skb.out().isLoopback() || passage.fate() == Fate.DELIVERED;
    if (plain && there && !route.redirect() && !route.multipath() && Conntrack.isSettled(skb.ct().connection())) {
      trails.setEnd(skb.ct().connection(), isReply(skb), this);
    }
    first = null;
  }

  @Override
  public int hash() {
    return Way.hash(in, key(first.skb()), first.skb().route());
  }

  @Override
  public boolean isOf(End known) {
    return known instanceof Way way && way.in == in && way.route == first.skb().route() && way.key == key(first.skb())
        && way.hook == first.hook() && way.rule == first.rule() && way.policy == first.policy() && trails.isNoted(way.trail);
  }

  @Override
  public End make() {
    SkBuff skb = first.skb();
    return new Way(in, key(skb), skb.route(), trails.trail(), first.hook(), first.rule(), first.policy());
  }
}
