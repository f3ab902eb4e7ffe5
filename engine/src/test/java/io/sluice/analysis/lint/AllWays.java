package io.sluice.analysis.lint;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.oracle.BruteForce;
import io.sluice.analysis.oracle.DomainPacket;
import io.sluice.analysis.oracle.PacketDomain;
import io.sluice.net.CtState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import io.sluice.walk.LiveRuleSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All packets that some tables tell apart, on all their ways through the base chains: a packet comes to the next chain if one
 * got through the last that it may have been there. What may become of it between two chains is said here once more, by what
 * the kernel does there: tracking, translation, routing, joining fragments.
 */
public final class AllWays {
  private static final int MOST_PACKETS = 2_000;
  /** Where in a TCP header the flags are. */
  private static final int TCP_FLAGS = 13;
  private static final int TRACKING = -200;
  private static final int DNAT = -100;
  private static final int SNAT = 100;

  /** A base chain, and all packets that may be in it on their own. */
  private record Stop(String table, Chain chain, List<DomainPacket> all) {
    Hook hook() {
      return chain.base().orElseThrow().hook();
    }

    /** Most packets do not even see a nat chain. */
    boolean dropsPackets() {
      return !chain.base().orElseThrow().nat();
    }

    int priority() {
      return chain.base().orElseThrow().priority();
    }
  }

  private final Host host;
  private final GeneratedRules generated;
  private final List<Stop> stops = new ArrayList<>();
  private final Map<String, BruteForce> oracles = new HashMap<>();
  private final Map<String, DomainPacket> hits = new LinkedHashMap<>();
  private final Map<List<Stop>, List<DomainPacket>> survivors = new HashMap<>();
  private final boolean joined;
  private final boolean nat;
  private final boolean translates;
  private boolean small = true;

  public AllWays(GeneratedRules generated) {
    this.generated = generated;
    this.host = PacketsHere.withMoreRouting(generated.host(), generated.family());
    List<String> names = generated.tables().stream().map(GeneratedRules.Table::name).toList();
    PacketDomain domain = PacketDomain.of(generated.family(), List.of(host), names, !generated.save().contains("--length"));
    for (Hook hook : Hook.values()) {
      small &= domain.size(hook) <= MOST_PACKETS;
    }
    for (Table table : small ? host.rules(generated.family()).tables() : List.<Table>of()) {
      oracles.put(table.name(), new BruteForce(host, generated.family(), table.name()));
      table.chains().stream().filter(chain -> chain.base().isPresent()).forEach(chain -> stops.add(new Stop(table.name(), chain,
          PacketsHere.at(chain.base().get(), host, generated.family(), domain.packets(chain.base().get().hook())))));
    }
    stops.sort(Comparator.comparingInt(Stop::priority));
    LiveRuleSet rules = new LiveRuleSet(host.rules(generated.family()));
    joined = rules.needsConntrack() || rules.needsReassembly();
    nat = names.contains("nat");
    translates = nat && host.rules(generated.family()).table("nat").orElseThrow().chains().stream()
        .flatMap(c -> c.rules().stream()).anyMatch(rule -> rule.target() instanceof ExtensionTarget);
    stops.forEach(this::arrive);
  }

  /** Whether there are few enough packets to go through. */
  public boolean isSmall() {
    return small;
  }

  /** Whether fragments are joined before any rule sees them. */
  boolean joins() {
    return joined;
  }

  /** The host with the rules. */
  public Host host() {
    return host;
  }

  /** {@code filter FORWARD rule 2} and so on: all rules that a packet may match. */
  public Set<String> hits() {
    return hits.keySet();
  }

  /** One that may match the rule. */
  DomainPacket packet(String rule) {
    return hits.get(rule);
  }

  private void arrive(Stop goal) {
    for (List<Stop> way : ways(goal)) {
      List<DomainPacket> here = coming(way, way.size() - 1);
      BruteForce.Chains chains = oracles.get(goal.table()).run(goal.chain().name(), here);
      chains.hits().forEach((rule, packets) -> hits.putIfAbsent(
          goal.table() + " " + rule.replaceFirst(" (\\d+)$", " rule $1"), here.get(packets.nextSetBit(0))));
    }
  }

  private List<List<Stop>> ways(Stop goal) {
    List<List<Stop>> ways = new ArrayList<>();
    switch (goal.hook()) {
      case INPUT, FORWARD -> ways.add(way(goal, Hook.PREROUTING));
      case POSTROUTING -> {
        ways.add(way(goal, Hook.OUTPUT));
        ways.add(way(goal, Hook.PREROUTING, Hook.FORWARD));
      }
      default -> ways.add(way(goal));
    }
    return ways;
  }

  private List<Stop> way(Stop goal, Hook... hooks) {
    List<Stop> way = new ArrayList<>();
    for (Hook hook : hooks) {
      stops.stream().filter(stop -> stop.hook() == hook && stop.dropsPackets()).map(stop -> seen(stop, goal)).forEach(way::add);
    }
    stops.stream().filter(stop -> stop.hook() == goal.hook() && stop.priority() < goal.priority() && stop.dropsPackets())
        .map(stop -> seen(stop, goal)).forEach(way::add);
    way.add(goal);
    return way;
  }

  /** Nat chains do not see what comes in with a connection, which has been through nat when it was sent. */
  private static Stop seen(Stop stop, Stop goal) {
    return goal.dropsPackets() || stop.hook() != Hook.PREROUTING || stop.priority() > TRACKING ? stop
        : new Stop(stop.table(), stop.chain(), stop.all().stream().filter(packet -> packet.state() == CtState.INVALID).toList());
  }

  /** The packets that come to a stop of a way. */
  private List<DomainPacket> coming(List<Stop> way, int at) {
    Stop stop = way.get(at);
    if (at == 0) {
      return stop.all();
    }
    Set<String> passed = new HashSet<>();
    Stop before = way.get(at - 1);
    boolean marks = stop.all().stream().anyMatch(packet -> packet.mark() != 0);
    boolean connmarks = stop.all().stream().anyMatch(packet -> packet.connmark() != 0);
    boolean joins = before.hook() == Hook.PREROUTING && stop.hook() == Hook.INPUT && !joined;
    boolean tracked = lies(TRACKING, before, stop, Hook.PREROUTING, Hook.OUTPUT);
    Set<String> untracked = new HashSet<>();
    passing(way.subList(0, at)).forEach(packet -> (tracked && isUntracked(packet) ? untracked : passed).add(
        lasting(packet, before, stop, marks, connmarks, joins, joins && !isWhole(packet))));
    return stop.all().stream().filter(packet -> {
      String lasting = lasting(packet, before, stop, marks, connmarks, joins, false);
      return passed.contains(lasting) || isUntracked(packet) && untracked.contains(lasting)
          || joins && passed.contains(lasting(packet, before, stop, marks, connmarks, true, true));
    }).toList();
  }

  private static boolean isUntracked(DomainPacket packet) {
    return (packet.state() & CtState.STATE_MASK) == CtState.UNTRACKED;
  }

  private static boolean isWhole(DomainPacket packet) {
    SkBuff header = PacketsHere.header(packet);
    return header.fragmentOffset() == 0 && header.hasTransport(header.protocol() == Protocols.TCP ? 20 : 8);
  }

  /** The packets that get through all chains of a way, as they are behind the last. */
  private List<DomainPacket> passing(List<Stop> way) {
    List<DomainPacket> known = survivors.get(way);
    if (known == null) {
      known = new ArrayList<>();
      Stop last = way.get(way.size() - 1);
      oracles.get(last.table()).run(last.chain().name(), coming(way, way.size() - 1), known::add);
      survivors.put(List.copyOf(way), known);
    }
    return known;
  }

  /**
   * What a packet keeps from behind one chain to before the next, as text.
   *
   * @param joins whether it may be a fragment that is joined with others in between
   * @param blank whether what its transport header says is not there yet
   */
  private String lasting(
      DomainPacket packet, Stop from, Stop to, boolean marks, boolean connmarks, boolean joins, boolean blank) {
    SkBuff header = PacketsHere.header(packet);
    boolean same = from.hook() == to.hook();
    boolean received = from.hook() == Hook.PREROUTING;
    boolean tracked = lies(TRACKING, from, to, Hook.PREROUTING, Hook.OUTPUT);
    boolean toDestination = nat && lies(DNAT, from, to, Hook.PREROUTING, Hook.OUTPUT);
    boolean toSource = nat && lies(SNAT, from, to, Hook.INPUT, Hook.POSTROUTING);
    List<Object> kept = new ArrayList<>();
    kept.add(same || received ? packet.in() : "");
    kept.add(same || from.hook() == Hook.FORWARD ? packet.out() : "");
    kept.add(toSource && translates ? "" : header.srcHi() + "/" + header.srcLo());
    kept.add(toDestination && translates ? "" : header.dstHi() + "/" + header.dstLo());
    kept.add(header.protocol());
    kept.add(received && to.hook() == Hook.FORWARD ? "" : header.ttl());
    kept.add(joins ? "" : header.length() + (header.fragmentOffset() != 0 ? " fragment" : ""));
    kept.add(blank ? "" : transport(header, toSource, toDestination));
    kept.add(tracked ? "" : toSource || toDestination ? packet.state() & CtState.STATE_MASK : packet.state());
    kept.add(marks ? packet.mark() : 0);
    kept.add(connmarks && same && !tracked ? packet.connmark() : 0);
    return kept.toString();
  }

  /** Ports and flags, or type and code, as far as they are there. */
  private static String transport(SkBuff header, boolean toSource, boolean toDestination) {
    int at = header.transportOffset();
    StringBuilder text = new StringBuilder();
    boolean tcp = header.protocol() == Protocols.TCP;
    boolean ports = tcp || header.protocol() == Protocols.UDP;
    for (int i = 0; i <= TCP_FLAGS && at + i < header.length(); i++) {
      boolean counts = ports ? i < 2 && !toSource || i >= 2 && i < 4 && !toDestination || tcp && i == TCP_FLAGS : i < 2;
      text.append(counts ? Integer.toHexString(header.data()[at + i] & 0xff) : "").append(' ');
    }
    return text.toString();
  }

  private static boolean lies(int priority, Stop from, Stop to, Hook one, Hook other) {
    boolean behind = from.priority() <= priority && (from.hook() == one || from.hook() == other);
    boolean before = to.priority() > priority && (to.hook() == one || to.hook() == other);
    return from.hook() == to.hook() ? behind && before : behind || before;
  }
}
