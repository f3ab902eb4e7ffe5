package io.sluice.analysis.lint;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.AddressType;
import io.sluice.host.Aspect;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.RouteEntry;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What a host's dumps tell of its knobs, interfaces, bridges and routes, as values of packets: where none tells, all that may be. */
final class HostValues {
  /** Of packets that have no interface there. */
  static final ValueSet NONE = ValueSet.of(0);

  private final Space space;
  private final Host host;
  private final Network network;

  HostValues(Space space, Host host) {
    this.space = space;
    this.host = host;
    this.network = host.network();
  }

  /** A knob of all interfaces without which none has it; where no dump tells it may be set. */
  boolean knob(String name) {
    return !network.isTold(Aspect.KNOBS) || network.sysctls().flag("net.ipv" + space.family().version() + ".conf.all." + name, false);
  }

  /** Whether what comes in there may be forwarded. */
  boolean forwards(NetDevice in) {
    return !network.isTold(Aspect.KNOBS) || network.routing().forwards(space.family(), in);
  }

  /** Whether broadcasts of other networks that come in there may be. */
  boolean forwardsBroadcasts(NetDevice in) {
    return space.family() == Family.IPV4 && (!network.isTold(Aspect.KNOBS) || network.routing().forwardsBroadcasts(in));
  }

  /** Whether IPv6 is on there, or the dump of the routes says that one leads there all the same. */
  boolean mayLeaveBy(NetDevice device) {
    return network.routing().isOn(space.family(), device)
        || network.routes().stream().anyMatch(route -> route.destination().family() == space.family()
            && route.hops().stream().anyMatch(hop -> hop.device().equals(device.name())));
  }

  /** Whether what the host sends to itself may say that it goes on from there. */
  boolean routesFromSources() {
    return knob("accept_source_route") || knob("seg6_enabled") || knob("rpl_seg_enabled");
  }

  /** What the host itself sends there is for the host; what it forwards there comes back and is forwarded again. */
  boolean routesLeadToLo() {
    return !network.isTold(Aspect.routes(space.family())) || network.routes().stream().anyMatch(
        r -> r.type() == AddressType.UNICAST && r.hops().stream().anyMatch(hop -> hop.device().equals("lo")));
  }

  /** By which interface an address is a martian, their knobs and the host's addresses say. */
  boolean tellsMartians() {
    return network.isTold(Aspect.INTERFACES) && network.isTold(Aspect.KNOBS);
  }

  /** Multicasts, and what some table says are broadcasts. */
  ValueSet many() {
    if (!network.isTold(Aspect.addresses(space.family()))) {
      return ValueSet.none().complement(space.family().addressBits());
    }
    List<ValueSet> many = new ArrayList<>(List.of(types(AddressType.MULTICAST.bit() | AddressType.BROADCAST.bit())));
    many.add(routed(AddressType.BROADCAST));
    return ValueSet.union(many);
  }

  /** The destinations of routes of a type. */
  ValueSet routed(AddressType type) {
    return ValueSet.union(network.routes().stream()
        .filter(r -> r.type() == type && r.destination().family() == space.family()).map(RouteEntry::destination)
        .map(to -> ValueSet.prefix(to.hi(), to.lo(), to.prefixLength(), space.family().addressBits())).toList());
  }

  /**
   * Frames that cross a bridge, which routing is not asked about: the rules see them come and go by the bridge, or, where a knob says
   * so, come by the interface of their VLAN on it. Any packets where it is not told which interfaces are bridges.
   */
  List<Cube> bridged() {
    if (!network.isTold(Aspect.INTERFACES)) {
      return List.of(Cube.all());
    }
    boolean ofVlans = network.sysctls().flag("net.bridge.bridge-nf-pass-vlan-input-dev", !network.isTold(Aspect.KNOBS));
    return network.devices().stream().filter(this::isBridge).map(d -> ValueSet.of(space.interfaceValue(d)))
        .map(d -> (ofVlans ? Cube.all() : cube(Field.IN_INTERFACE, d)).with(space.axis(Field.OUT_INTERFACE), d)).toList();
  }

  /** Interfaces that may be bridges whose frames rules are asked about. */
  ValueSet bridges() {
    return interfaces(this::isBridge);
  }

  /** Whether it is a bridge, and rules are asked about frames that cross it. */
  private boolean isBridge(NetDevice device) {
    return device.kind() == NetDevice.Kind.BRIDGE && !network.isTold(Aspect.KNOBS) || network.asksRules(device, space.family());
  }

  /** Interfaces of which that is so, and those that are not known. */
  ValueSet interfaces(Predicate<NetDevice> which) {
    ValueSet others = ValueSet.union(network.devices().stream().filter(which.negate()).map(this::value).toList());
    return space.existingInterfaces().minus(others);
  }

  /** Addresses that routing tables give one of these types. */
  ValueSet types(int types) {
    return space.addressesOf(types, host);
  }

  ValueSet lo() {
    return network.device("lo").map(this::value).orElse(ValueSet.none());
  }

  private ValueSet value(NetDevice device) {
    return ValueSet.of(space.interfaceValue(device));
  }

  /** With packets that have no interface there. */
  static ValueSet orNone(ValueSet interfaces) {
    return or(NONE, interfaces);
  }

  static ValueSet or(ValueSet a, ValueSet b) {
    return ValueSet.union(List.of(a, b));
  }

  /** Null where there are no values. */
  Cube cube(Field field, ValueSet values) {
    return Cube.all().with(space.axis(field), values);
  }
}
