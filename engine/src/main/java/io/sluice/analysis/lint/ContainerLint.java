package io.sluice.analysis.lint;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.CubeText;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.compile.ValueSet;
import io.sluice.host.AddressType;
import io.sluice.host.NetDevice;
import io.sluice.net.CtState;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Containers that nothing publishes: what is behind a bridge and gets new connections from other interfaces under its own address,
 * to ports to which INPUT would let none in. That it does is played, since other tables may keep them out, too.
 *
 * <p>Bridges count by which the host does not reach the world itself, and that have ports.
 */
final class ContainerLint {
  private static final List<Integer> PROTOCOLS = List.of(Protocols.TCP, Protocols.UDP);
  /** Kinds of packets that are looked for of one rule. */
  private static final int MOST_PARTS = 16;
  private static final int MOST_RANGES = 8;

  private final Admission admission;
  private final Host host;
  private final Space space;
  private final Routes routes;
  private final ValueSet own;
  private final List<NetDevice> bridges;
  /** By interface and protocol, the packets that come in there and to whose ports INPUT lets no new connection in. */
  private final Map<String, List<Cube>> kept = new HashMap<>();
  /** Plays first packets by the walker; null before there is one to play. */
  private Simulator simulator;

  ContainerLint(Admission admission, Host host) {
    this.admission = admission;
    this.host = host;
    this.space = admission.filter().table().space();
    this.routes = new Routes(space, host.network());
    this.own = space.addressesOf(AddressType.LOCAL.bit(), host);
    this.bridges = host.network().devices().stream().filter(this::isOfContainers).toList();
  }

  private boolean isOfContainers(NetDevice device) {
    return device.kind() == NetDevice.Kind.BRIDGE
        && host.network().devices().stream().anyMatch(port -> port.master().equals(Optional.of(device.name())))
        && host.network().routes().stream().noneMatch(route -> route.destination().isAny()
            && route.hops().stream().anyMatch(hop -> hop.device().equals(device.name())));
  }

  /** What there is to say of a rule of table filter. */
  Optional<Finding> examine(SymbolicRule rule, Subject subject) {
    return Decisions.admits(rule) ? examine(Optional.of(rule), subject) : Optional.empty();
  }

  /** What there is to say of a chain's policy. */
  Optional<Finding> examinePolicy(SymbolicChain chain) {
    return chain.base().filter(base -> base.hook() == Hook.FORWARD)
        .flatMap(base -> examine(Optional.empty(), Subject.policy(space.family(), admission.filter().table().name(), chain.chain())));
  }

  private Optional<Finding> examine(Optional<SymbolicRule> rule, Subject subject) {
    Map<String, Set<String>> sockets = new LinkedHashMap<>();
    for (NetDevice bridge : bridges) {
      for (NetDevice device : host.network().devices()) {
        if (device != bridge && !device.isLoopback() && device.master().isEmpty()) {
          for (int protocol : PROTOCOLS) {
            look(rule, device, bridge, protocol).forEach(socket ->
                sockets.computeIfAbsent(socket, s -> new LinkedHashSet<>()).add(device.name()));
          }
        }
      }
    }
    if (sockets.isEmpty()) {
      return Optional.empty();
    }
    List<String> said = new ArrayList<>();
    sockets.forEach((socket, devices) -> said.add(socket + ", from " + String.join(", ", devices)));
    return Optional.of(new Finding(Code.ROUTED_PAST_INPUT, Severity.WARNING, subject, "lets what nothing publishes be reached ("
        + String.join("; ", said) + "), though INPUT lets no new connection to such ports in", List.of()));
  }

  /** Which sockets behind the bridge are got to from the interface through the rule. */
  private Set<String> look(Optional<SymbolicRule> rule, NetDevice device, NetDevice bridge, int protocol) {
    Set<String> found = new LinkedHashSet<>();
    List<Cube> rest = forwarded(device, bridge, protocol);
    for (int part = 0; !rest.isEmpty(); part++) {
      Optional<Point> packet = admission.admitted(Hook.FORWARD, rule, rest);
      if (packet.isEmpty()) {
        break;
      }
      if (part == MOST_PARTS) {
        found.add("others, out " + bridge.name());
        break;
      }
      Cube alike = admission.alike(Hook.FORWARD, packet.get());
      if (passes(packet.get(), device, rule)) {
        Cube here = rest.stream().filter(cube -> cube.contains(packet.get())).findFirst().orElseThrow().and(alike);
        Cube socket = Cube.all();
        for (Field field : List.of(Field.OUT_INTERFACE, Field.PROTOCOL, Field.DESTINATION, Field.DESTINATION_PORT)) {
          Axis axis = space.axis(field);
          socket = here.values(axis) == null ? socket : socket.with(axis, here.values(axis));
        }
        found.add(new CubeText(space, Cube.all(), MOST_RANGES).text(socket));
      }
      rest = rest.stream().flatMap(cube -> cube.minus(alike).stream()).toList();
    }
    return found;
  }

  /** First packets from the interface to what is behind the bridge, as FORWARD sees them, to ports to which INPUT lets none in. */
  private List<Cube> forwarded(NetDevice device, NetDevice bridge, int protocol) {
    ValueSet inside = routes.behind(bridge).minus(space.addressesOf(AddressType.LOCAL.bit() | AddressType.BROADCAST.bit(), host));
    List<Cube> to = inside.isEmpty() ? List.of()
        : List.of(Cube.all().with(space.axis(Field.OUT_INTERFACE), ValueSet.of(space.interfaceValue(bridge)))
            .with(space.axis(Field.DESTINATION), inside));
    return to.isEmpty() ? to
        : Cubes.and(kept.computeIfAbsent(device.name() + " " + protocol, name -> kept(device, protocol)), to);
  }

  private List<Cube> kept(NetDevice device, int protocol) {
    ValueSet there = routes.isPlain() ? routes.behind(device) : ValueSet.none().complement(space.family().addressBits());
    if (there.isEmpty() || own.isEmpty()) {
      return List.of();
    }
    Axis port = space.axis(Field.DESTINATION_PORT);
    Cube any = Cube.all().with(space.axis(Field.IN_INTERFACE), ValueSet.of(space.interfaceValue(device)))
        .with(space.axis(Field.SOURCE), there).with(space.axis(Field.PROTOCOL), ValueSet.of(protocol))
        .with(space.axis(Field.CTSTATE), ValueSet.of(CtState.NEW)).with(space.axis(Field.FRAGMENT), ValueSet.of(Space.REGULAR));
    ValueSet admitted = admission.ports(Hook.INPUT, List.of(any.with(space.axis(Field.DESTINATION), own)), port);
    ValueSet others = admitted.complement(port.bits());
    return others.isEmpty() ? List.of() : List.of(any.with(port, others));
  }

  /** Whether a first packet is forwarded through the rule under the addresses that it has come with. */
  private boolean passes(Point forwarded, NetDevice device, Optional<SymbolicRule> by) {
    for (Cube first : ConnectionProbe.first(space, ValueSet.of(space.interfaceValue(device)))) {
      Cube cube = first;
      for (Field field : List.of(Field.SOURCE, Field.DESTINATION, Field.PROTOCOL, Field.SOURCE_PORT, Field.DESTINATION_PORT)) {
        Axis axis = space.axis(field);
        long high = forwarded.high(axis.index());
        long low = forwarded.low(axis.index());
        cube = cube == null ? null : cube.with(axis, ValueSet.range(high, low, high, low));
      }
      if (cube != null) {
        simulator = simulator == null ? Simulator.builder(host).build() : simulator.restarted();
        return ConnectionPlay.play(simulator, space, space.pick(cube, 0), ConnectionProbe.Extent.FIRST)
            .map(played -> played.outcomes().get(0)).filter(outcome -> outcome.fate() == Fate.FORWARDED)
            .filter(outcome -> admission.isBy(outcome, by)).isPresent();
      }
    }
    return false;
  }
}
