package io.sluice.match;

import io.sluice.conntrack.Conntrack;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.ipset.IpSets;
import io.sluice.ipset.SetElement;
import io.sluice.ipset.SetHeader;
import io.sluice.ipset.SetType;
import io.sluice.net.ActionParam;
import io.sluice.net.ActionParam.Backend;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Match;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/** A host with {@code lo} only, in which one match is asked about packets; time begins at 2023-11-14 22:13:20 UTC. */
final class CaseWorld {
  static final long EPOCH_NANOS = 1_700_000_000_000_000_000L;
  private static final Map<String, NetDevice> DEVICES = new ConcurrentHashMap<>();

  private final Clock clock = new Clock();
  private final Net net;
  private final ActionParam par;
  private final Object state;
  private final Family family;
  private final String table;
  private final Backend backend;
  private final Match match;

  CaseWorld(Family family, String table, Backend backend, Match match) {
    clock.advanceTo(EPOCH_NANOS);
    SplittableRandom random = new SplittableRandom(1);
    Network network = Network.loopbackOnly();
    net = new Net(network, new Conntrack(network.sysctls(), clock, random), sets(clock), clock, q -> true,
        answer -> {
          throw new IllegalStateException("a match sends no packets");
        }, null, random);
    par = new ActionParam(net);
    this.family = family;
    this.table = table;
    this.backend = backend;
    this.match = match;
    this.state = match.newState();
  }

  /** The set {@code s}, a hash:ip with 10.0.0.1 in it. */
  private static IpSets sets(Clock clock) {
    IpSets sets = new IpSets(clock);
    sets.create(SetHeader.of("s", SetType.HASH_IP, Family.IPV4));
    SetElement element = new SetElement();
    element.lo = 0x0a000001;
    sets.add("s", element, false);
    return sets;
  }

  /** The interface of that name: index by its number, {@code eth3} is 4, and {@code grp7} is in group 7. */
  static NetDevice device(String name) {
    return DEVICES.computeIfAbsent(name, n -> {
      String digits = n.replaceAll("\\D", "");
      int number = digits.isEmpty() ? 0 : Integer.parseInt(digits);
      int group = n.startsWith("grp") ? number : 0;
      return new NetDevice(number + 1, n, n.equals("lo") ? NetDevice.Kind.LOOPBACK : NetDevice.Kind.ETHERNET, 1500, true,
          true, group, List.of(), Optional.empty(), false, List.of());
    });
  }

  /** What the match says of the packet: {@code match}, {@code no match} or {@code hotdrop}. */
  String ask(PacketNotation packet) {
    clock.advanceTo(clock.nanos() + packet.nanosBefore());
    SkBuff skb = packet.build(net.conntrack());
    skb.setTimeNanos(clock.nanos());
    par.enter(family, packet.hook(), table, backend, packet.in(), packet.out());
    par.setState(state);
    boolean answer = match.matches(skb, par);
    return par.hotdrop() ? "hotdrop" : answer ? "match" : "no match";
  }
}
