package io.sluice.match;

import io.sluice.conntrack.Conntrack;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.ipset.IpSets;
import io.sluice.net.ActionParam;
import io.sluice.net.ActionParam.Backend;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.Match;
import io.sluice.text.IpSetReader;
import io.sluice.text.ReadException;
import io.sluice.text.SourceText;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;
import io.sluice.walk.Traversal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A host whose interfaces have no addresses, in which a match, or a chain, is asked about packets; time begins at 2023-11-14
 * 22:13:20 UTC.
 */
final class CaseWorld {
  static final long EPOCH_NANOS = 1_700_000_000_000_000_000L;
  private static final Map<String, NetDevice> DEVICES = devices();
  static final Network NETWORK = Network.builder().devices(List.copyOf(DEVICES.values())).build();

  private final Clock clock = new Clock();
  private final Net net;
  private final ActionParam par;
  private final Family family;
  private final String table;
  private final Backend backend;

  CaseWorld(Family family, String table, Backend backend, String sets) {
    clock.advanceTo(EPOCH_NANOS);
    SplittableRandom random = new SplittableRandom(1);
    Network network = NETWORK;
    net = new Net(network, new Conntrack(network.sysctls(), clock, random), sets(sets, clock), clock, q -> true,
        answer -> {
          throw new IllegalStateException("a match sends no packets");
        }, null, random);
    par = new ActionParam(net);
    this.family = family;
    this.table = table;
    this.backend = backend;
  }

  private static IpSets sets(String restore, Clock clock) {
    try {
      return IpSetReader.read(SourceText.of("sets", restore)).copy(clock);
    } catch (ReadException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** {@code eth0} to {@code eth9}, {@code br0}, and {@code grp1} to {@code grp31}, which are in the groups 1 to 31. */
  private static Map<String, NetDevice> devices() {
    Map<String, NetDevice> devices = new LinkedHashMap<>();
    devices.put("lo", NetDevice.loopback());
    IntStream.range(0, 10).forEach(i -> add(devices, "eth" + i, 0));
    add(devices, "br0", 0);
    IntStream.range(1, 32).forEach(i -> add(devices, "grp" + i, i));
    return devices;
  }

  private static void add(Map<String, NetDevice> devices, String name, int group) {
    devices.put(name, new NetDevice(devices.size() + 1, name, NetDevice.Kind.ETHERNET, 1500, true, true, true, true, group, List.of(),
        Optional.empty(), false, Set.of(), List.of()));
  }

  static NetDevice device(String name) {
    return Optional.ofNullable(DEVICES.get(name)).orElseThrow(() -> new IllegalArgumentException("no interface " + name));
  }

  /** What the match says of the packet: {@code match}, {@code no match} or {@code hotdrop}. */
  String ask(Match match, Object state, PacketNotation packet) {
    SkBuff skb = enter(packet);
    par.setState(state);
    boolean answer = match.matches(skb, par);
    return par.hotdrop() ? "hotdrop" : answer ? "match" : "no match";
  }

  /** Sends the packet through a base chain. */
  Verdict ask(ChainEvaluator evaluator, LiveChain chain, PacketNotation packet, Traversal result) {
    return evaluator.evaluate(chain, enter(packet), par, result);
  }

  private SkBuff enter(PacketNotation packet) {
    clock.advanceTo(clock.nanos() + packet.nanosBefore());
    SkBuff skb = packet.build(net.conntrack());
    skb.setTimeNanos(clock.nanos());
    par.enter(family, packet.hook(), table, backend, packet.in(), packet.out());
    return skb;
  }
}
