package io.sluice.analysis.lint;

import io.sluice.analysis.lint.Places.Restriction;
import io.sluice.analysis.space.AddressClasses;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.AddressType;
import io.sluice.host.Aspect;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What routing delivers to the host itself, and what it sends on by which interface. */
final class Delivery {
  private final Space space;
  private final Network network;
  private final HostValues here;
  private final boolean copies;

  /** @param copies whether TEE may send copies of packets */
  Delivery(Space space, Network network, HostValues here, boolean copies) {
    this.space = space;
    this.network = network;
    this.here = here;
    this.copies = copies;
  }

  /** What of IPv4 is forwarded: broadcasts and multicasts have knobs of their own. */
  List<Restriction> forwarding() {
    List<Restriction> all = new ArrayList<>();
    List<Cube> forwarded = new ArrayList<>(here.bridged());
    Places.add(forwarded, here.cube(Field.IN_INTERFACE, here.interfaces(here::forwards)));
    ValueSet some = here.interfaces(in -> here.forwardsBroadcasts(in) && !here.forwards(in));
    Places.add(forwarded, some.isEmpty() ? null : here.cube(Field.IN_INTERFACE, some).with(space.axis(Field.DESTINATION), here.many()));
    ValueSet groups = here.types(AddressType.MULTICAST.bit());
    if (here.knob("mc_forwarding")) {
      Places.add(forwarded, here.cube(Field.DESTINATION, groups));
    } else {
      List<Cube> routed = new ArrayList<>(here.bridged());
      Places.add(routed, here.cube(Field.DESTINATION, groups.complement(space.family().addressBits())));
      all.add(new Restriction("nothing routes multicasts (net.ipv4.conf.all.mc_forwarding)", routed));
    }
    all.add(new Restriction("nothing that comes in by that interface is forwarded (net.ipv4.conf.*.forwarding)", forwarded));
    return all;
  }

  /** To be asked where {@link Routes#isPlain routing is plain}: of INPUT and FORWARD. */
  List<Restriction> addresses(Hook hook) {
    List<Restriction> all = new ArrayList<>();
    boolean v4 = space.family() == Family.IPV4;
    // -m addrtype calls the first address of any IPv6 network on a link ANYCAST, whether or not it is the host's.
    ValueSet own = v4 ? here.types(AddressType.LOCAL.bit() | AddressType.BROADCAST.bit())
        : HostValues.or(here.types(AddressType.LOCAL.bit()), here.routed(AddressType.ANYCAST));
    if (hook == Hook.INPUT) {
      ValueSet groups = here.types(AddressType.MULTICAST.bit());
      List<Cube> delivered = new ArrayList<>(List.of(here.cube(Field.DESTINATION, HostValues.or(own, groups))));
      if (!v4 && here.knob("proxy_ndp")) {
        delivered.add(IcmpStates.neighbourDiscovery(space));
      }
      if (comesBackByLo()) {
        delivered.add(here.cube(Field.IN_INTERFACE, here.lo()));
      }
      all.add(new Restriction("routing delivers only the host's own addresses, broadcasts and multicasts here", delivered));
      if (network.groups().isPresent() && network.isTold(Aspect.INTERFACES)) {
        addGroups(all);
      }
      if (v4) {
        addMartians(List.of(), all);
      }
    } else if (hook == Hook.FORWARD) {
      List<Cube> bridged = here.bridged();
      List<Cube> routed = new ArrayList<>(List.of(here.cube(Field.DESTINATION, own.complement(space.family().addressBits()))));
      routed.addAll(bridged);
      ofOwn().ifPresent(routed::add);
      all.add(new Restriction("routing delivers packets to the host's own addresses to INPUT, not here", routed));
      if (v4) {
        addRoutes(bridged, all);
        addMartians(bridged, all);
      }
    }
    return all;
  }

  /** Whether packets for others may be delivered by lo: by a route there, or as copies that TEE sends to the host itself. */
  private boolean comesBackByLo() {
    return here.routesLeadToLo() || copies;
  }

  private void addMartians(List<Cube> bridged, List<Restriction> all) {
    if (here.tellsMartians()) {
      all.addAll(new Martians(space, network, here.types(AddressType.LOCAL.bit()), here.many()).restrictions(bridged));
    }
  }

  private void addRoutes(List<Cube> bridged, List<Restriction> all) {
    if (!network.isTold(Aspect.ROUTES4)) {
      return;
    }
    List<Cube> routes = new ArrayList<>(new Routes(space, network).forwarded());
    routes.addAll(bridged);
    ofOwn().ifPresent(routes::add);
    if (here.knob("mc_forwarding")) {
      Places.add(routes, here.cube(Field.DESTINATION, here.types(AddressType.MULTICAST.bit())));
    }
    all.add(new Restriction("no route leads there by that interface", routes));
  }

  /**
   * What is forwarded though its destination is the host's own: by a source route, whose next address is taken behind FORWARD
   * (ip_forward_options()), or to the broadcast address of another interface.
   */
  private Optional<Cube> ofOwn() {
    boolean broadcasts = network.devices().stream().anyMatch(here::forwardsBroadcasts);
    int types = (here.knob("accept_source_route") ? AddressType.LOCAL.bit() | AddressType.BROADCAST.bit() : 0)
        | (broadcasts ? AddressType.BROADCAST.bit() : 0);
    return space.family() == Family.IPV6 || types == 0 ? Optional.empty()
        : Optional.ofNullable(here.cube(Field.DESTINATION, here.types(types)));
  }

  /** What comes in to a group that the interface is in, as the dump of them says. */
  private void addGroups(List<Restriction> all) {
    int bits = space.family().addressBits();
    ValueSet groups = space.family() == Family.IPV4 ? ValueSet.prefix(0, 0xe000_0000L, 4, bits) : ValueSet.prefix(0xffL << 56, 0, 8, bits);
    List<Cube> joined = new ArrayList<>(List.of(here.cube(Field.DESTINATION, groups.complement(bits))));
    for (NetDevice device : network.devices()) {
      ValueSet mine = ValueSet.union(AddressClasses.of(network, space.family()).ranges().stream()
          .filter(range -> network.routing().isJoined(space.family(), device, range.firstHigh(0), range.firstLow(0))).toList());
      Cube cube = here.cube(Field.DESTINATION, mine);
      if (cube != null) {
        joined.add(cube.with(space.axis(Field.IN_INTERFACE), ValueSet.of(space.interfaceValue(device))));
      }
    }
    if (comesBackByLo()) {
      joined.add(here.cube(Field.IN_INTERFACE, here.lo()));
    }
    all.add(new Restriction("the interface is not in that multicast group (ip maddr)", joined));
  }
}
