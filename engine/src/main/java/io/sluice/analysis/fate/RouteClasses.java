package io.sluice.analysis.fate;

import io.sluice.analysis.space.AddressClasses;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.FlowKey;
import io.sluice.host.IpAddresses;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Route;
import io.sluice.host.RouteEntry;
import io.sluice.netfilter.Family;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Where a host routes packets, for all sources and destinations at once: routes are the same for whole classes of addresses. */
final class RouteClasses {
  /** Beyond this many classes, those that are routed alike are not looked for. */
  private static final int MOST_JOINED = 300;

  /** What does not leave the host but by {@code lo}: ip6_finish_output2(). */
  static final Stop STAYS = new Stop("a group of interface-local scope", -1, true);

  /** A packet on its way through has no hop left. */
  static Stop timeExceeded(Family family) {
    return family == Family.IPV4 ? new Stop("TTL exceeded", IcmpTypes.TIME_EXCEEDED << Byte.SIZE, false)
        : new Stop("hop limit exceeded", IcmpTypes.TIME_EXCEEDED6 << Byte.SIZE, false);
  }

  /**
   * Why packets end here.
   *
   * @param icmpAnswer type and code of the ICMP error that the sender of a packet gets that was on its way through; -1 for none
   * @param silent whether senders are told nothing
   */
  record Stop(String why, int icmpAnswer, boolean silent) {
    static Stop of(Route.Failure failure, Family family) {
      int code = failure.icmpCode(family);
      int type = family == Family.IPV4 ? IcmpTypes.UNREACHABLE : IcmpTypes.UNREACHABLE6;
      return new Stop(failure.text(), code < 0 ? -1 : type << Byte.SIZE | code, code < 0);
    }
  }

  /**
   * What becomes of packets, and of which.
   *
   * @param open why it is not known; empty when it is
   * @param stop why they end here; null when they do not
   * @param out the interface that they leave by; null when they are for the host itself, or end
   * @param own the address that the host sends from where the packets have none yet; null where they have, or there is none
   * @param via the router that they are sent to, where that may make a difference; empty where not, and where there is none
   */
  record Routed(String open, Stop stop, NetDevice out, IpAddress own, String via, ValueSet sources, ValueSet destinations) {}

  private record Result(String open, Stop stop, NetDevice out, IpAddress own, String via) {
    static Result open(String why) {
      return new Result(why, null, null, null, "");
    }

    static Result stop(Stop stop) {
      return new Result("", stop, null, null, "");
    }

    static Result here() {
      return new Result("", null, null, null, "");
    }
  }

  private final Network network;
  private final Family family;
  private final AddressClasses classes;
  private final boolean asksMore;
  private final boolean asksMarks;
  /** Interfaces by which packets of one destination may be sent to several routers, by one host or by several. */
  private final Set<String> severalRouters;
  private final Map<List<Object>, Result[][]> known = new HashMap<>();
  private final Map<List<Object>, Routed> joined = new HashMap<>();
  private final Map<NetDevice, ValueSet> comingBack = new HashMap<>();
  private final ValueSet lost;
  private final ValueSet staying;

  RouteClasses(Network network, Space space) {
    this.network = network;
    this.family = space.family();
    this.classes = AddressClasses.of(network, family);
    this.lost = family == Family.IPV4 ? groupsNotOf(network.loopback()) : ValueSet.none();
    this.staying = family == Family.IPV4 ? ValueSet.none() : interfaceLocalGroups();
    this.asksMarks = network.rules().stream().anyMatch(rule -> rule.family() == family && rule.markMask() != 0);
    this.severalRouters = severalRouters(space);
    this.asksMore = network.rules().stream().anyMatch(rule -> rule.family() == family && (rule.protocol() != 0
        || rule.tos() != 0 || rule.sourcePorts().isPresent() || rule.destinationPorts().isPresent() || rule.uids().isPresent()))
        || network.routes().stream().anyMatch(route -> route.destination().family() == family && route.tos() != 0);
  }

  /** Whether routes depend on ports, TOS or users too. */
  boolean asksMore() {
    return asksMore;
  }

  /** Those whose routes are not the same in all tables of all hosts that have some. */
  private static Set<String> severalRouters(Space space) {
    Map<String, Map<List<Object>, Set<List<Object>>>> byTable = new HashMap<>();
    for (int i = 0; i < space.hosts().size(); i++) {
      for (RouteEntry route : space.hosts().get(i).network().routes()) {
        if (route.destination().family() == space.family() && route.table() != RouteEntry.TABLE_LOCAL) {
          List<Object> table = List.of(i, route.table());
          route.hops().forEach(hop -> byTable.computeIfAbsent(hop.device(), name -> new HashMap<>())
              .computeIfAbsent(table, key -> new HashSet<>())
              .add(List.of(route.destination(), route.source(), route.metric(), hop.gateway())));
        }
      }
    }
    return byTable.entrySet().stream().filter(device -> Set.copyOf(device.getValue().values()).size() > 1).map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  /** Whether routes depend on marks. */
  boolean asksMarks() {
    return asksMarks;
  }

  /**
   * @param in the interface that the packets came by; null for those of the host's own
   * @param anySource of the host's own: whether they may have a source that is not the host's
   */
  Routed route(NetDevice in, boolean anySource, int mark, long sourceHigh, long sourceLow, long destinationHigh,
      long destinationLow) {
    int source = classes.indexOf(sourceHigh, sourceLow);
    int destination = classes.indexOf(destinationHigh, destinationLow);
    return joined.computeIfAbsent(Arrays.asList(in, anySource, mark, source, destination),
        key -> route(in, anySource, mark, source, destination));
  }

  private Routed route(NetDevice in, boolean anySource, int mark, int source, int destination) {
    List<ValueSet> ranges = classes.ranges();
    Result[][] results = results(in, anySource, mark);
    Result here = result(results, in, anySource, mark, source, destination);
    if (ranges.size() > MOST_JOINED) {
      return new Routed(here.open(), here.stop(), here.out(), here.own(), here.via(), ranges.get(source), ranges.get(destination));
    }
    List<Integer> sources = new ArrayList<>();
    for (int s = 0; s < ranges.size(); s++) {
      if (result(results, in, anySource, mark, s, destination).equals(here)) {
        sources.add(s);
      }
    }
    List<ValueSet> destinations = new ArrayList<>();
    for (int d = 0; d < ranges.size(); d++) {
      int other = d;
      if (sources.stream().allMatch(s -> result(results, in, anySource, mark, s, other).equals(here))) {
        destinations.add(ranges.get(d));
      }
    }
    return new Routed(here.open(), here.stop(), here.out(), here.own(), here.via(),
        ValueSet.union(sources.stream().map(ranges::get).toList()), ValueSet.union(destinations));
  }

  /** The interfaces by which packets of these classes of addresses fare as those that came by {@code in}: it, and others. */
  List<NetDevice> alike(NetDevice in, int mark, Routed routed) {
    List<ValueSet> ranges = classes.ranges();
    List<NetDevice> alike = new ArrayList<>(List.of(in));
    if (ranges.size() > MOST_JOINED) {
      return alike;
    }
    Result here = new Result(routed.open(), routed.stop(), routed.out(), routed.own(), routed.via());
    int[] sources = IntStream.range(0, ranges.size()).filter(i -> routed.sources().containsAll(ranges.get(i))).toArray();
    int[] destinations = IntStream.range(0, ranges.size()).filter(i -> routed.destinations().containsAll(ranges.get(i))).toArray();
    for (NetDevice device : network.devices()) {
      if (device != in && !device.isLoopback() && network.bridgeOf(device).isEmpty()) {
        Result[][] results = results(device, false, mark);
        boolean all = Arrays.stream(sources).allMatch(s -> Arrays.stream(destinations)
            .allMatch(d -> result(results, device, false, mark, s, d).equals(here)));
        if (all) {
          alike.add(device);
        }
      }
    }
    return alike;
  }

  private Result[][] results(NetDevice in, boolean anySource, int mark) {
    int size = classes.ranges().size();
    return known.computeIfAbsent(Arrays.asList(in, anySource, mark), k -> new Result[size][size]);
  }

  /** The destinations to which a copy of what the host sends by {@code out} comes in there. */
  ValueSet comingBack(NetDevice out) {
    return comingBack.computeIfAbsent(out, device -> ValueSet.union(classes.ranges().stream()
        .filter(range -> network.routing().comesBack(family, device, range.firstHigh(0), range.firstLow(0))).toList()));
  }

  /** The destinations that end where they come in by {@code lo}: groups that it is not in. IPv6's do not leave by it. */
  ValueSet lostAtLo() {
    return lost;
  }

  /** The destinations that leave no interface but {@code lo}: IPv6's groups of interface-local scope, and of none. */
  ValueSet staying() {
    return staying;
  }

  private static ValueSet interfaceLocalGroups() {
    return ValueSet.union(IntStream.range(0, 16)
        .mapToObj(flags -> ValueSet.prefix((0xff00L | flags << 4) << 48, 0, 15, Family.IPV6.addressBits())).toList());
  }

  private ValueSet groupsNotOf(NetDevice device) {
    return ValueSet.union(classes.ranges().stream().filter(range -> IpAddresses.isMulticast(family, 0, range.firstLow(0))
        && !network.routing().isJoined(family, device, 0, range.firstLow(0))).toList());
  }

  private Result result(Result[][] results, NetDevice in, boolean anySource, int mark, int source, int destination) {
    Result known = results[source][destination];
    if (known == null) {
      ValueSet from = classes.ranges().get(source);
      ValueSet to = classes.ranges().get(destination);
      known = ask(in, anySource, mark, from.firstHigh(0), from.firstLow(0), to.firstHigh(0), to.firstLow(0));
      results[source][destination] = known;
    }
    return known;
  }

  private Result ask(NetDevice in, boolean anySource, int mark, long srcHi, long srcLo, long dstHi, long dstLo) {
    FlowKey key = new FlowKey().set(family, srcHi, srcLo, dstHi, dstLo, 0, mark);
    if (in != null && network.routing().refusedBeforeHooks(key, in, false)) {
      return Result.stop(new Stop("an address that no received packet may have", -1, false));
    }
    Route route = in == null ? network.routing().output(anySource ? key.anySource() : key, null)
        : network.routing().input(key, in);
    if (route.multipath()) {
      return Result.open("the route has several next hops");
    }
    if (route.failed()) {
      return Result.stop(Stop.of(route.failure(), family));
    }
    if (in != null && route.isLocalDelivery()) {
      return Result.here();
    }
    if (route.out().isLoopback() && (in != null || network.routing().looped(key, route, true) == null
        && !network.routing().input(key, network.loopback()).isLocalDelivery())) {
      return Result.open("it is routed out by lo, but not to the host itself");
    }
    // ip6_forward(): sources that stay on their link.
    boolean stays = in != null && family == Family.IPV6 && in != route.out()
        && (IpAddresses.isUnspecified(srcHi, srcLo) || srcHi == 0 && srcLo == 1 || srcHi >>> 54 == 0x3fa);
    IpAddress own = in == null && IpAddresses.isUnspecified(srcHi, srcLo) ? network.routing().source(route, key).orElse(null) : null;
    String via = route.gateway().filter(router -> severalRouters.contains(route.out().name())).map(IpAddress::toString).orElse("");
    return stays ? Result.stop(new Stop("a source that is not forwarded", -1, false))
        : new Result("", null, route.out(), own, via);
  }
}
