package io.sluice.analysis.lint;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.Aspect;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.net.SkBuff.PacketType;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * In which frames packets come to a hook of a host, and by which ports of its bridges.
 *
 * <p>Kernel: ip_rcv_core() in net/ipv4/ip_input.c, setup_pre_routing() and br_nf_forward_ip() in
 * net/bridge/br_netfilter_hooks.c, should_deliver() in net/bridge/br_forward.c, mac_mt() in net/netfilter/xt_mac.c.
 */
final class Frames {
  private final Space space;
  private final Network network;
  private final HostValues here;

  Frames(Space space, Network network, HostValues here) {
    this.space = space;
    this.network = network;
    this.here = here;
  }

  /**
   * As far as rules ask for it.
   *
   * @param copies whether copies of what came in may be sent by the host itself (TEE)
   */
  List<Places.Restriction> restrictions(Hook hook, boolean copies) {
    List<Places.Restriction> all = new ArrayList<>();
    boolean sent = hook == Hook.OUTPUT && !copies;
    space.axisOf(Circumstance.PACKET_TYPE).ifPresent(axis -> all.add(new Places.Restriction(
        sent ? "what the host sends has no frame yet, and counts as unicast"
            : "frames for another host are dropped before the rules, or cross a bridge, where the rules take them for the host's own",
        List.of(Cube.all().with(axis, sent ? ValueSet.of(0) : ValueSet.range(0, PacketType.MULTICAST.number()))))));
    if (hook == Hook.FORWARD) {
      space.axisOf(Circumstance.PACKET_TYPE).ifPresent(axis -> all.add(new Places.Restriction(
          "frames to many are not forwarded (ip_forward(), ip6_forward())", forwarded(axis))));
    }
    if (sent) {
      space.axisOf(Circumstance.FRAMED).ifPresent(axis -> all.add(new Places.Restriction(
          "what the host sends has no Ethernet header yet", List.of(Cube.all().with(axis, ValueSet.of(0))))));
    }
    if (hook == Hook.PREROUTING || hook == Hook.INPUT || hook == Hook.FORWARD) {
      space.axisOf(Circumstance.FRAMED).filter(axis -> network.isTold(Aspect.INTERFACES)).ifPresent(axis -> all.add(new Places.Restriction(
          "what comes in there has no Ethernet header", framed(axis))));
    }
    // Of interfaces that only their names are known of, one may be a bridge.
    boolean known = network.isTold(Aspect.INTERFACES) && network.isTold(Aspect.KNOBS) && network.devices().stream().noneMatch(d -> d.hasEthernetHeaders() && d.hardwareAddress().isEmpty());
    if (known && (axis(Circumstance.PORT_IN).isPresent() || axis(Circumstance.PORT_OUT).isPresent())) {
      all.add(new Places.Restriction("only frames on a bridge whose rules are asked have ports, and leave by others than they came by",
          ported(hook)));
    }
    return all;
  }

  /** What is routed came in a frame for the host alone; multicasts that are routed as such, and frames on a bridge, in any. */
  private List<Cube> forwarded(Axis type) {
    List<Cube> cubes = new ArrayList<>(List.of(Cube.all().with(type, ValueSet.of(0))));
    cubes.addAll(here.bridged());
    if (here.knob("mc_forwarding")) {
      Places.add(cubes, here.cube(Field.DESTINATION, here.many()));
    }
    return cubes;
  }

  private Optional<Axis> axis(Circumstance side) {
    return space.axisOf(side);
  }

  private List<Cube> framed(Axis framed) {
    List<Cube> cubes = new ArrayList<>(List.of(Cube.all().with(framed, ValueSet.of(0))));
    Cube ethernet = Cube.all().with(space.axis(Field.IN_INTERFACE),
        values(network.devices().stream().filter(NetDevice::hasEthernetHeaders).toList()));
    if (ethernet != null) {
      cubes.add(ethernet);
    }
    return cubes;
  }

  private List<Cube> ported(Hook hook) {
    ValueSet none = ValueSet.of(0);
    List<Cube> cubes = new ArrayList<>(List.of(ports(Cube.all(), none, none)));
    for (NetDevice bridge : hook == Hook.OUTPUT ? List.<NetDevice>of() : network.devices()) {
      List<NetDevice> ports = network.devicesOf(bridge);
      if (ports.isEmpty() || !network.asksRules(bridge, space.family())) {
        continue;
      }
      ValueSet there = ValueSet.of(space.interfaceValue(bridge));
      Cube came = hook == Hook.POSTROUTING ? Cube.all() : Cube.all().with(space.axis(Field.IN_INTERFACE), there);
      cubes.add(ports(came, values(ports), none));
      if (hook == Hook.FORWARD || hook == Hook.POSTROUTING) {
        Cube crosses = came.with(space.axis(Field.OUT_INTERFACE), there);
        cubes.add(ports(crosses, none, values(ports)));
        for (NetDevice port : ports) {
          List<NetDevice> others = ports.stream().filter(other -> port != other || port.hairpin()).toList();
          if (!others.isEmpty()) {
            cubes.add(ports(crosses, ValueSet.of(space.interfaceValue(port)), values(others)));
          }
        }
      }
    }
    return cubes;
  }

  private Cube ports(Cube cube, ValueSet in, ValueSet out) {
    Cube with = axis(Circumstance.PORT_IN).map(axis -> cube.with(axis, in)).orElse(cube);
    return axis(Circumstance.PORT_OUT).map(axis -> with.with(axis, out)).orElse(with);
  }

  private ValueSet values(List<NetDevice> devices) {
    return ValueSet.union(devices.stream().map(device -> ValueSet.of(space.interfaceValue(device))).toList());
  }
}
