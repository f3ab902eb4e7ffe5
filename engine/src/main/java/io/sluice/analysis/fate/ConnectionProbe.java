package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;

/**
 * Probes connections that somebody outside opens: the whole way of the first packet through hooks, NAT and routing, of the
 * answer back, and of the next packet.
 *
 * <p>The point is the first packet as it comes in: for TCP a SYN, for ICMP an echo request, small enough for every link and
 * with hops to spare. What a neighbour or a socket does about it is not asked: a packet that is forwarded or delivered is
 * taken to be answered.
 */
public final class ConnectionProbe implements Probe {
  /** Verdict of packets that pass and whose answers do. */
  public static final String CONNECTS = "connects";
  /** Verdict of packets that pass while the answer does not. */
  public static final String ONE_WAY = "one way";

  private static final int SYN = 0x02;
  private static final int LEAST_TTL = 2;
  private static final int MOST_LENGTH = 1280;

  private final Space space;
  private final Host host;
  private final HookSteps hooks;
  private final RouteClasses routes;

  public ConnectionProbe(Space space, Host host) {
    this.space = space;
    this.host = host;
    this.hooks = new HookSteps(space, host);
    this.routes = new RouteClasses(host.network(), space.family());
  }

  /** The first packets of connections that come in by one of the interfaces. */
  public static List<Cube> first(Space space, ValueSet interfaces) {
    Cube any = space.everything().with(space.axis(Field.FRAGMENT), ValueSet.of(Space.REGULAR))
        .with(space.axis(Field.CTSTATE), ValueSet.of(CtState.NEW)).with(space.axis(Field.OUT_INTERFACE), ValueSet.of(0))
        .with(space.axis(Field.IN_INTERFACE), interfaces).with(space.axis(Field.TTL), ValueSet.range(LEAST_TTL, 255))
        .with(space.axis(Field.LENGTH), ValueSet.range(0, MOST_LENGTH));
    for (Field mark : List.of(Field.MARK, Field.CONNMARK)) {
      for (io.sluice.analysis.space.Axis axis : space.markAxes(mark)) {
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
    first.add(any.with(space.axis(Field.PROTOCOL), ValueSet.union(List.of(tcp, icmp)).complement(space.axis(Field.PROTOCOL).bits())));
    return first;
  }

  @Override
  public Probed at(Point point, Cube within) {
    ChainWalk walk = new ChainWalk(space, point, within);
    try {
      return walk.end(new ConnectionWalk(space, host, hooks, routes, walk).first(), true);
    } catch (ChainWalk.TooManyWays e) {
      return walk.end(new Fate.Undecided(e.getMessage()), true);
    }
  }
}
