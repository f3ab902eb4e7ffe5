package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.AddressType;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.packet.Ipv6Extensions;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Probes connections that somebody outside opens, or the host itself: the whole way of the first packet through hooks, NAT and
 * routing, of the answer back, and of the next packet.
 *
 * <p>The point is the first packet as it comes in, or as the host makes it: for TCP a SYN, for ICMP an echo request, of IPv6
 * without extension headers, 20 bytes or more behind the IP header, small enough for every link, and with hops to spare. What a neighbour or a socket does
 * about it is not asked: a packet that is forwarded or delivered is taken to be answered. So is one from an address and port to the
 * same: a socket of Linux 6.18 that connects to itself opens simultaneously (RFC 9293, 3.5), without the bare ACK that a
 * conversation has third, which connection tracking calls INVALID there. By a bridge comes what is sent to its own
 * hardware address; what its stations send each other is not routed, and not asked about. Where the host itself answers that it
 * does not let it pass (REJECT, no route), that answer is followed to who opens the connection. What else may follow, ICMP errors
 * among it, is a {@link Sequel}.
 */
public final class ConnectionProbe implements Probe {

  /** How far connections are followed. */
  public enum Extent {
    /** Their first packets. */
    FIRST,
    /** First packets, the answers to them, and what follows the answers. */
    CONNECTION,
    /** The same, and ICMP errors that come in elsewhere than where the packet went that they quote. */
    ERRORS
  }

  /** Verdict of first packets that pass, where answers are not asked about. */
  public static final String PASSES = "passes";
  /** Verdict of packets that pass and whose answers do. */
  public static final String CONNECTS = "connects";
  /** What the verdict of packets begins with that routing stops; why is behind it. */
  public static final String NO_WAY = "no way: ";
  /** Verdict of packets that pass while the answer does not. */
  public static final String ONE_WAY = "one way";
  /** How the verdict of those begins that are not answered, as the opener sees it. */
  static final String UNANSWERED = ONE_WAY + ": the answer";

  private static final int SYN = 0x02;
  private static final int LEAST_TTL = 2;
  private static final int MOST_LENGTH = 1280;
  /** Behind the IP header, in bytes: a TCP header. */
  static final int LEAST_LENGTH = 20;

  private final Space space;
  private final Host host;
  private final HookSteps hooks;
  private final RouteClasses routes;
  private final Extent extent;
  private final Sequel sequel;
  private final BiFunction<Space, Point, Turns> turns;
  /** Null where all chains are gone through rule by rule. */
  private final ChainSummaries summaries;

  public ConnectionProbe(Space space, Host host, Extent extent) {
    this(space, host, extent, Optional.empty(), Turns::new);
  }

  /** Probes what follows the first packets of connections, which {@link Sequel#question} asks about. */
  public ConnectionProbe(Space space, Host host, Sequel sequel) {
    this(space, host, Extent.CONNECTION, Optional.of(sequel), Turns::new);
  }

  /** Probes what follows the same connections' first packets. */
  public ConnectionProbe following(Sequel what) {
    return new ConnectionProbe(space, host, hooks, routes, Extent.CONNECTION, what, turns, summaries);
  }

  /** @param turns what packets a connection has, by its first */
  ConnectionProbe(
      Space space, Host host, Extent extent, Optional<Sequel> sequel, BiFunction<Space, Point, Turns> turns) {
    this(space, host, new HookSteps(space, host), new RouteClasses(host.network(), space), extent, sequel.orElse(null), turns, null);
  }

  private ConnectionProbe(Space space, Host host, HookSteps hooks, RouteClasses routes, Extent extent, Sequel sequel,
      BiFunction<Space, Point, Turns> turns, ChainSummaries summaries) {
    this.space = space;
    this.host = host;
    this.hooks = hooks;
    this.routes = routes;
    this.extent = extent;
    this.sequel = sequel;
    this.turns = turns;
    this.summaries = summaries;
  }

  /** The same of those packets that the summaries know, of which long chains are told what they make {@link Probed#among}. */
  public ConnectionProbe summing(ChainSummaries known) {
    return new ConnectionProbe(space, host, hooks, routes, extent, sequel, turns, known);
  }

  /** The length, in bytes, of the longest packets that are followed: such as all links and routes of the hosts take. */
  public static int mostLength(Space space) {
    return Math.min(MOST_LENGTH, space.leastMtu());
  }

  /**
   * The first packets of connections that the host itself opens, from any of its addresses. None is to 0.0.0.0 or ::, which sockets
   * take for the host itself, ip_route_output_key_hash_rcu() and tcp_v6_connect().
   */
  public static List<Cube> firstSent(Space space, Host host) {
    ValueSet own = space.addressesOf(AddressType.LOCAL.bit(), host);
    Axis destination = space.axis(Field.DESTINATION);
    ValueSet somewhere = ValueSet.of(0).complement(destination.bits());
    return first(space, ValueSet.of(0)).stream().map(cube -> cube.with(space.axis(Field.SOURCE), own))
        .filter(Objects::nonNull).map(cube -> cube.with(destination, somewhere)).toList();
  }

  /** The interfaces of the space's hosts by which packets come in: all but lo and the ports of bridges. */
  public static ValueSet interfaces(Space space) {
    return ValueSet.union(space.hosts().stream().flatMap(host -> host.network().devices().stream()
        .filter(device -> !device.isLoopback() && host.network().bridgeOf(device).isEmpty()))
        .map(device -> ValueSet.of(space.interfaceValue(device))).toList());
  }

  /** The first packets of connections that come in by one of the interfaces. */
  public static List<Cube> first(Space space, ValueSet interfaces) {
    Cube any = space.everything().with(space.axis(Field.FRAGMENT), ValueSet.of(Space.REGULAR))
        .with(space.axis(Field.CTSTATE), ValueSet.of(CtState.NEW)).with(space.axis(Field.OUT_INTERFACE), ValueSet.of(0))
        .with(space.axis(Field.IN_INTERFACE), interfaces).with(space.axis(Field.TTL), ValueSet.range(LEAST_TTL, 255))
        .with(space.axis(Field.LENGTH), ValueSet.range(space.family().headerLength() + LEAST_LENGTH, mostLength(space)));
    for (Field mark : List.of(Field.MARK, Field.CONNMARK)) {
      for (Axis axis : space.markAxes(mark)) {
        any = any.with(axis, ValueSet.of(0));
      }
    }
    boolean v4 = space.family() == Family.IPV4;
    ValueSet tcp = ValueSet.of(Protocols.TCP);
    ValueSet icmp = ValueSet.of(v4 ? Protocols.ICMP : Protocols.ICMPV6);
    List<Cube> first = new ArrayList<>();
    first.add(any.with(space.axis(Field.PROTOCOL), tcp).with(space.axis(Field.TCP_FLAGS), ValueSet.of(SYN)));
    first.add(any.with(space.axis(Field.PROTOCOL), icmp)
        .with(space.axis(Field.ICMP_TYPE_CODE), ValueSet.of(v4 ? 0x0800 : 0x8000)));
    Axis protocol = space.axis(Field.PROTOCOL);
    ValueSet said = ValueSet.union(List.of(tcp, icmp, v4 ? ValueSet.none() : extensions(protocol)));
    first.add(any.with(protocol, said.complement(protocol.bits())));
    return first;
  }

  /** Numbers of IPv6's extension headers, which are no protocols. */
  private static ValueSet extensions(Axis protocol) {
    return ValueSet.union(IntStream.range(0, 1 << protocol.bits()).filter(Ipv6Extensions::isExtension).mapToObj(ValueSet::of).toList());
  }

  /** The cube without what is true of all first packets: SYN for TCP, an echo request for ICMP. */
  public static Cube unsaid(Space space, Cube first) {
    return first.without(space.axis(Field.TCP_FLAGS)).without(space.axis(Field.ICMP_TYPE_CODE));
  }

  /** Whether the first packet got through, whatever became of what followed. */
  public static boolean hasPassed(Fate.End end) {
    return end.verdict().equals(CONNECTS) || end.verdict().equals(PASSES) || end.verdict().startsWith(ONE_WAY);
  }

  @Override
  public Probed at(Point point, Cube within) {
    ChainWalk walk = new ChainWalk(space, point, within, summaries);
    try {
      return walk.end(new ConnectionWalk(space, host, hooks, routes, extent, sequel, walk, turns.apply(space, point)).first(), true);
    } catch (ChainWalk.TooManyWays e) {
      return walk.end(new Fate.Undecided(e.getMessage()), true);
    }
  }
}
