package io.sluice.analysis.witness;

import io.sluice.host.FlowKey;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Route;
import io.sluice.host.Routing;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;

/** Finds ways that by the routing tables lead past a hook with the interfaces and addresses that are asked for. */
final class Lanes {
  private static final int ENOUGH = 24;
  private static final int ADDRESSES = 40;

  private final Network network;
  private final Family family;
  private final Surroundings surroundings;
  private final Framings framings;
  private final FlowKey key = new FlowKey();

  Lanes(Network network, Family family, Surroundings surroundings) {
    this.network = network;
    this.family = family;
    this.surroundings = surroundings;
    this.framings = new Framings(network);
  }

  /**
   * What has been found: ways there and back, ways on which answers would not come back, rare ones (to PREROUTING and no further,
   * frames that a program puts on {@code lo} where a rule asks for it, what raw sockets send in others' names), what routing speaks
   * against, and other frames on {@code lo}.
   */
  private static final class Found {
    final List<Lane> good = new ArrayList<>();
    final List<Lane> oneWay = new ArrayList<>();
    final List<Lane> rare = new ArrayList<>();
    final List<Lane> odd = new ArrayList<>();
    final List<Lane> onLo = new ArrayList<>();

    List<Lane> likely() {
      List<Lane> all = new ArrayList<>(good);
      List.of(oneWay, rare).forEach(some -> all.addAll(some.subList(0, Math.min(ENOUGH, some.size()))));
      return all;
    }
  }

  /** Ways for packets that a chain at {@code hook} sees as wished; those that routing speaks against come last. */
  List<Lane> of(Hook hook, Wishes wishes) {
    Found found = find(hook, wishes);
    List<Lane> all = found.likely();
    List.of(found.odd, found.onLo).forEach(some -> all.addAll(some.subList(0, Math.min(ENOUGH, some.size()))));
    return all;
  }

  /** Those of them that routing does not speak against; on some of them no answers come back. */
  List<Lane> likely(Hook hook, Wishes wishes) {
    return find(hook, wishes).likely();
  }

  private Found find(Hook hook, Wishes wishes) {
    List<IpAddress> sources = wishes.addresses(Field.SOURCE, surroundings.all(), ADDRESSES);
    List<IpAddress> destinations = wishes.addresses(Field.DESTINATION, surroundings.all(), ADDRESSES);
    Found found = new Found();
    int mark = wishes.asksFor(Field.MARK) ? wishes.values(Field.MARK, 1, 0).stream().findFirst().orElse(0L).intValue() : 0;
    for (int sum = 0; sum <= sources.size() + destinations.size() - 2 && found.good.size() < ENOUGH; sum++) {
      for (int i = Math.max(0, sum - destinations.size() + 1); i <= Math.min(sum, sources.size() - 1); i++) {
        pair(hook, wishes, sources.get(i), destinations.get(sum - i), mark, found);
      }
    }
    return found;
  }

  private void pair(Hook hook, Wishes wishes, IpAddress source, IpAddress destination, int mark, Found found) {
    Route sent = routing().output(key.set(family, source.hi(), source.lo(), destination.hi(), destination.lo(), 0, mark), null);
    boolean foreign = sent.failure() == Route.Failure.INVALID_SOURCE;
    if (foreign) {
      sent = routing().output(key.source(0, 0), null); // only a raw socket sends so
    }
    NetDevice leaves = sent.failed() ? null : sent.out();
    boolean looped = leaves != null
        && (leaves.isLoopback() || routing().comesBack(family, leaves, destination.hi(), destination.lo()));
    if (!sent.failed() && (hook == Hook.OUTPUT || hook == Hook.POSTROUTING || looped)) {
      boolean fits = hook == Hook.OUTPUT || hook == Hook.POSTROUTING ? wishes.allows(Field.OUT_INTERFACE, leaves)
          : hook != Hook.FORWARD && wishes.allows(Field.IN_INTERFACE, leaves);
      (!fits ? found.odd : foreign ? found.rare : found.good).add(new Lane(null, leaves, source, destination));
    }
    if (hook == Hook.OUTPUT) {
      return;
    }
    Route back = routing().output(key.set(family, 0, 0, source.hi(), source.lo(), 0, 0), null);
    NetDevice nearest = back.failed() ? null : back.out();
    for (NetDevice in : network.devices()) {
      boolean aside = in.isLoopback() && !wishes.asksFor(Field.IN_INTERFACE);
      if ((in.isLoopback() || hook != Hook.POSTROUTING) && !wishes.allows(Field.IN_INTERFACE, in)) {
        continue;
      }
      key.set(family, source.hi(), source.lo(), destination.hi(), destination.lo(), 0, mark);
      if (routing().refusedBeforeHooks(key, in, false)) {
        continue;
      }
      Route route = routing().input(key, in);
      NetDevice out = route.failed() || route.isLocalDelivery() ? null : route.out();
      boolean fits = !source.equals(destination) && fits(hook, route) && (out == null || wishes.allows(Field.OUT_INTERFACE, out));
      if (aside && !fits) {
        continue;
      }
      List<Lane> those = aside ? found.onLo : !fits ? found.odd : in.isLoopback() || route.failed() ? found.rare
          : in == nearest ? found.good : found.oneWay;
      if (those.size() < ENOUGH || in == nearest) {
        add(new Lane(in, out, source, destination), wishes, those, found.odd);
      }
    }
  }

  /** What leaves by the interface that it came in by is ordinary on a bridge only, and there in frames only. */
  private void add(Lane lane, Wishes wishes, List<Lane> those, List<Lane> odd) {
    boolean back = lane.in() == lane.out();
    boolean bridged = back && lane.in().kind() == NetDevice.Kind.BRIDGE;
    if (framings.areNeedless(lane, wishes)) {
      (back ? odd : those).add(lane);
    }
    if (bridged || Framings.isAsked(wishes)) {
      framings.of(lane, wishes).forEach(framing -> (back && !bridged ? odd : those).add(lane.with(framing)));
    }
  }

  private static boolean fits(Hook hook, Route route) {
    switch (hook) {
      case PREROUTING:
        return true;
      case INPUT:
        return !route.failed() && route.isLocalDelivery();
      default:
        return !route.failed() && !route.isLocalDelivery();
    }
  }

  private Routing routing() {
    return network.routing();
  }
}
