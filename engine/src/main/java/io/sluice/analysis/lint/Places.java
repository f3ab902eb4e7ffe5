package io.sluice.analysis.lint;

import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.space.AddressClasses;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.AddressType;
import io.sluice.host.Aspect;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.RouteEntry;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Which packets come to a base chain at all, on this host: a list of restrictions, each for one reason.
 *
 * <p>Every one leaves in all packets that the kernel could bring there. Where routing is more than the three rules that the
 * kernel begins with, nothing is said of addresses.
 */
final class Places {
  /** NF_IP_PRI_CONNTRACK: chains before it see packets without their connection. */
  private static final int CONNTRACK = -200;
  /** NF_IP_PRI_CONNTRACK_DEFRAG. */
  private static final int DEFRAG = -400;

  /**
   * One thing that all packets have there.
   *
   * @param reason why others do not come
   * @param always whether it holds as well of frames that a program of the host puts on {@code lo} itself (packet sockets): nothing
   *     has been asked about them before, and they have no route yet
   */
  record Restriction(String reason, List<Cube> cubes, boolean always) {
    Restriction(String reason, List<Cube> cubes) {
      this(reason, cubes, true);
    }
  }

  private final Space space;
  private final Host host;
  private final Network network;
  private final boolean reassembles;
  private final boolean icmpStates;
  private final Set<Hook> rewriting;
  private final Map<BaseChain, List<Restriction>> known = new HashMap<>();
  private final boolean plainRouting;
  private final boolean tracksAll;
  private final boolean copies;
  /** Whether a rule may give a packet another source before its connection does. */
  private final boolean translatesPrefixes;

  Places(Space space, Host host) {
    this.space = space;
    this.host = host;
    this.network = host.network();
    this.plainRouting = network.isTold(Aspect.addresses(space.family())) && new Routes(space, network).isPlain();
    this.reassembles = HookPackets.joinsFragments(host, space.family());
    this.rewriting = Rewriters.hooks(host, space.family());
    this.tracksAll = !HookPackets.mayUntrack(host, space.family());
    this.copies = HookPackets.mayCopy(host, space.family());
    this.translatesPrefixes = host.rules(space.family()).rules()
        .anyMatch(rule -> rule.target() instanceof ExtensionTarget target && target.name().equals("SNPT"));
    this.icmpStates = IcmpStates.matter(space);
  }

  /** Why no packet of the family comes to any hook; empty when some may. Frames of bridges are not asked for it. */
  private Optional<String> off() {
    boolean off = space.family() == Family.IPV6 && bridges().isEmpty() && network.devices().stream().noneMatch(this::mayLeaveBy);
    return off ? Optional.of("IPv6 is off on every interface (net.ipv6.conf.*.disable_ipv6)") : Optional.empty();
  }

  /** Why no packet at all comes to a hook; empty when some may. */
  Optional<String> closed(Hook hook) {
    boolean forwards = !bridges().isEmpty() || knob("mc_forwarding")
        || network.devices().stream().anyMatch(in -> forwards(in) || forwardsBroadcasts(in));
    return off().isPresent() || hook != Hook.FORWARD || forwards ? off() : Optional.of(
        "nothing is forwarded: forwarding is off on every interface ("
            + (space.family() == Family.IPV4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding") + ")");
  }

  private boolean forwards(NetDevice in) {
    return !network.isTold(Aspect.KNOBS) || network.routing().forwards(space.family(), in);
  }

  private boolean forwardsBroadcasts(NetDevice in) {
    return space.family() == Family.IPV4 && (!network.isTold(Aspect.KNOBS) || network.routing().forwardsBroadcasts(in));
  }

  /** A knob of all interfaces without which none has it; where no dump tells it may be set. */
  private boolean knob(String name) {
    return !network.isTold(Aspect.KNOBS) || network.sysctls().flag("net.ipv" + space.family().version() + ".conf.all." + name, false);
  }

  /** Whether IPv6 is on there, or the dump of the routes says that one leads there all the same. */
  private boolean mayLeaveBy(NetDevice device) {
    return network.routing().isOn(space.family(), device)
        || network.routes().stream().anyMatch(route -> route.destination().family() == space.family()
            && route.hops().stream().anyMatch(hop -> hop.device().equals(device.name())));
  }

  /** All packets that may come to the chain. */
  List<Cube> among(BaseChain base) {
    return all(restrictions(base).stream().filter(Restriction::always).toList());
  }

  /** Those of them that no program has put on {@code lo} as frames. */
  List<Cube> ordinary(BaseChain base) {
    return all(restrictions(base));
  }

  private List<Cube> all(List<Restriction> restrictions) {
    List<Cube> among = List.of(space.everything());
    for (Restriction restriction : restrictions) {
      among = Cubes.and(among, restriction.cubes());
    }
    return among;
  }

  /** What holds for every packet that comes to the chain. */
  List<Restriction> restrictions(BaseChain base) {
    return known.computeIfAbsent(base, this::found);
  }

  private List<Restriction> found(BaseChain base) {
    List<Restriction> all = new ArrayList<>();
    Hook hook = base.hook();
    closed(hook).ifPresent(reason -> all.add(new Restriction(reason, List.of())));
    ValueSet existing = space.existingInterfaces();
    all.add(one("no interface of the host has that name", cube(Field.IN_INTERFACE, or(none(), existing))));
    all.add(one("no interface of the host has that name", cube(Field.OUT_INTERFACE, or(none(), existing))));
    if (hook == Hook.PREROUTING || hook == Hook.INPUT) {
      all.add(one(hook + " has no out-interface", cube(Field.OUT_INTERFACE, none())));
      all.add(one("every packet of " + hook + " has come in by an interface of the host", cube(Field.IN_INTERFACE, existing)));
    } else if (hook == Hook.FORWARD) {
      all.add(one("every packet of FORWARD comes in and leaves by interfaces of the host", cube(Field.IN_INTERFACE, existing)));
      all.add(one("every packet of FORWARD comes in and leaves by interfaces of the host", cube(Field.OUT_INTERFACE, existing)));
      if (!routesLeadToLo()) {
        ValueSet others = existing.minus(value("lo"));
        if (!routesFromSources()) {
          all.add(ordinary("nothing is forwarded from lo", cube(Field.IN_INTERFACE, others)));
        }
        all.add(one("no route leads to lo", cube(Field.OUT_INTERFACE, others)));
      }
    } else if (hook == Hook.OUTPUT) {
      all.add(one("OUTPUT has no in-interface", cube(Field.IN_INTERFACE, none())));
      all.add(one("every packet of OUTPUT leaves by an interface of the host", cube(Field.OUT_INTERFACE, existing)));
    } else {
      all.add(one("every packet of POSTROUTING leaves by an interface of the host", cube(Field.OUT_INTERFACE, existing)));
      if (!copies && !routesLeadToLo() && !routesFromSources()) { // TEE's copies have their out-interface for both
        all.add(ordinary("nothing is forwarded from lo", cube(Field.IN_INTERFACE, or(none(), existing.minus(value("lo"))))));
      }
    }
    addSwitchedOff(hook, all);
    addStates(base, all);
    if (tracksAll) {
      all.add(new Restriction("no rule takes packets from connection tracking", IcmpStates.neverUntracked(space)));
    }
    boolean tracked = base.priority() > CONNTRACK || hook != Hook.PREROUTING && hook != Hook.OUTPUT;
    if (icmpStates && tracked && rewriting.isEmpty()) {
      all.add(new Restriction("connection tracking knows no such ICMP packets in that state", IcmpStates.tracked(space)));
    }
    if (reassembles && base.priority() > DEFRAG && rewriting.isEmpty()) {
      addJoined(hook, all);
    }
    if (hook == Hook.FORWARD && space.family() == Family.IPV4 && !rewriting.contains(hook)) {
      addForwarded(all);
    }
    if (plainRouting && tellsMartians() && space.family() == Family.IPV6 && rewriting.isEmpty() && !translatesPrefixes) {
      all.addAll(new Martians6(space, network).restrictions(hook, knob("mc_forwarding")));
    }
    if (plainRouting && !rewriting.contains(hook)) {
      addAddresses(hook, all);
    }
    all.addAll(new Frames(space, network).restrictions(hook, !tracksAll));
    return all;
  }

  /** What is untracked is not put together: pieces that come back over {@code lo}, and copies of them that TEE sends. */
  private void addJoined(Hook hook, List<Restriction> all) {
    boolean sent = hook == Hook.OUTPUT || hook == Hook.POSTROUTING;
    if (sent && (!tracksAll || HookPackets.maySendFragments(space.family(), hook))) {
      return;
    }
    List<Cube> joined = new ArrayList<>();
    add(joined, cube(Field.FRAGMENT, ValueSet.of(Space.LATER_FRAGMENT).complement(bits(Field.FRAGMENT))));
    if (!tracksAll) {
      add(joined, cube(Field.IN_INTERFACE, value("lo")));
    }
    all.add(new Restriction("fragments are put together before the rules see them", joined));
  }

  /** IPv4: broadcasts and multicasts have knobs of their own. */
  private void addForwarded(List<Restriction> all) {
    List<Cube> forwarded = new ArrayList<>(bridged());
    add(forwarded, cube(Field.IN_INTERFACE, values(this::forwards)));
    ValueSet some = values(in -> forwardsBroadcasts(in) && !forwards(in));
    add(forwarded, some.isEmpty() ? null : cube(Field.IN_INTERFACE, some).with(space.axis(Field.DESTINATION), many()));
    ValueSet groups = types(AddressType.MULTICAST.bit());
    if (knob("mc_forwarding")) {
      add(forwarded, cube(Field.DESTINATION, groups));
    } else {
      List<Cube> routed = new ArrayList<>(bridged());
      add(routed, cube(Field.DESTINATION, groups.complement(space.family().addressBits())));
      all.add(new Restriction("nothing routes multicasts (net.ipv4.conf.all.mc_forwarding)", routed));
    }
    all.add(new Restriction("nothing that comes in by that interface is forwarded (net.ipv4.conf.*.forwarding)", forwarded));
  }

  private static void add(List<Cube> cubes, Cube cube) {
    if (cube != null) {
      cubes.add(cube);
    }
  }

  /** What IPv6 is off for; frames of bridges are not asked, and may arrive as if by another interface. */
  private void addSwitchedOff(Hook hook, List<Restriction> all) {
    if (space.family() == Family.IPV4) {
      return;
    }
    ValueSet bridges = bridges();
    String reason = "IPv6 is off on that interface (disable_ipv6)";
    if (hook == Hook.PREROUTING || bridges.isEmpty() && (hook == Hook.INPUT || hook == Hook.FORWARD)) {
      all.add(one(reason, cube(Field.IN_INTERFACE, or(bridges, values(d -> network.routing().isOn(space.family(), d))))));
    }
    if (hook == Hook.OUTPUT || hook == Hook.FORWARD || hook == Hook.POSTROUTING) {
      all.add(one(reason, cube(Field.OUT_INTERFACE, or(bridges, values(d -> d.isLoopback() || mayLeaveBy(d))))));
    }
  }

  /** Whether what the host sends to itself may say that it goes on from there. */
  private boolean routesFromSources() {
    return knob("accept_source_route") || knob("seg6_enabled") || knob("rpl_seg_enabled");
  }

  /** What the host itself sends there is for the host; what it forwards there comes back and is forwarded again. */
  private boolean routesLeadToLo() {
    return !network.isTold(Aspect.routes(space.family())) || network.routes().stream().anyMatch(
        r -> r.type() == AddressType.UNICAST && r.hops().stream().anyMatch(hop -> hop.device().equals("lo")));
  }

  /** Whether packets for others may be delivered by lo: by a route there, or as copies that TEE sends to the host itself. */
  private boolean comesBackByLo() {
    return routesLeadToLo() || copies;
  }

  private void addStates(BaseChain base, List<Restriction> all) {
    List<ValueSet> states = new ArrayList<>();
    if (base.nat()) {
      for (int n = 0; n < CtState.COUNT; n++) {
        int state = n & CtState.STATE_MASK;
        if (state == CtState.NEW || state == CtState.RELATED) {
          states.add(ValueSet.of(n));
        }
      }
      all.add(one("a nat chain sees the first packet of a connection only", cube(Field.CTSTATE, ValueSet.union(states))));
      if ((base.hook() == Hook.PREROUTING || base.hook() == Hook.INPUT) && !routesLeadToLo()) {
        ValueSet lo = value("lo");
        all.add(ordinary("what comes in by lo has been through nat when it was sent",
            cube(Field.IN_INTERFACE, lo.complement(bits(Field.IN_INTERFACE)))));
      }
    } else if (base.priority() < CONNTRACK && base.hook() == Hook.PREROUTING) {
      // What comes back over lo has its connection already; so have the copies of what the host sends to many.
      List<Cube> cubes = new ArrayList<>(List.of(cube(Field.CTSTATE, ValueSet.of(CtState.INVALID))));
      Stream.of(cube(Field.IN_INTERFACE, value("lo")), cube(Field.DESTINATION, many()))
          .filter(Objects::nonNull).forEach(cubes::add);
      all.add(new Restriction("before connection tracking every packet is INVALID", cubes));
    }
  }

  /** Multicasts, and what some table says are broadcasts. */
  private ValueSet many() {
    if (!network.isTold(Aspect.addresses(space.family()))) {
      return ValueSet.none().complement(space.family().addressBits());
    }
    List<ValueSet> many = new ArrayList<>(List.of(types(AddressType.MULTICAST.bit() | AddressType.BROADCAST.bit())));
    many.add(routed(AddressType.BROADCAST));
    return ValueSet.union(many);
  }

  /** The destinations of routes of a type. */
  private ValueSet routed(AddressType type) {
    return ValueSet.union(network.routes().stream()
        .filter(r -> r.type() == type && r.destination().family() == space.family()).map(RouteEntry::destination)
        .map(to -> ValueSet.prefix(to.hi(), to.lo(), to.prefixLength(), space.family().addressBits())).toList());
  }

  private void addAddresses(Hook hook, List<Restriction> all) {
    boolean v4 = space.family() == Family.IPV4;
    // -m addrtype calls the first address of any IPv6 network on a link ANYCAST, whether or not it is the host's.
    ValueSet own = v4 ? types(AddressType.LOCAL.bit() | AddressType.BROADCAST.bit())
        : or(types(AddressType.LOCAL.bit()), routed(AddressType.ANYCAST));
    if (hook == Hook.INPUT) {
      List<Cube> delivered = new ArrayList<>(List.of(cube(Field.DESTINATION, or(own, types(AddressType.MULTICAST.bit())))));
      if (!v4 && knob("proxy_ndp")) {
        delivered.add(IcmpStates.neighbourDiscovery(space));
      }
      if (comesBackByLo()) {
        delivered.add(cube(Field.IN_INTERFACE, value("lo")));
      }
      all.add(new Restriction("routing delivers only the host's own addresses, broadcasts and multicasts here", delivered));
      if (network.groups().isPresent() && network.isTold(Aspect.INTERFACES)) {
        addGroups(all);
      }
      if (v4) {
        addMartians(List.of(), all);
      }
    } else if (hook == Hook.FORWARD) {
      List<Cube> bridged = bridged();
      List<Cube> routed = new ArrayList<>(List.of(cube(Field.DESTINATION, own.complement(space.family().addressBits()))));
      routed.addAll(bridged);
      ofOwn().ifPresent(routed::add);
      all.add(new Restriction("routing delivers packets to the host's own addresses to INPUT, not here", routed));
      if (v4) {
        addRoutes(bridged, all);
        addMartians(bridged, all);
      }
    }
  }

  private void addMartians(List<Cube> bridged, List<Restriction> all) {
    if (tellsMartians()) {
      all.addAll(new Martians(space, network, types(AddressType.LOCAL.bit()), many()).restrictions(bridged));
    }
  }

  /** By which interface an address is a martian, their knobs and the host's addresses say. */
  private boolean tellsMartians() {
    return network.isTold(Aspect.INTERFACES) && network.isTold(Aspect.KNOBS);
  }

  private void addRoutes(List<Cube> bridged, List<Restriction> all) {
    if (!network.isTold(Aspect.ROUTES4)) {
      return;
    }
    List<Cube> routes = new ArrayList<>(new Routes(space, network).forwarded());
    routes.addAll(bridged);
    ofOwn().ifPresent(routes::add);
    if (knob("mc_forwarding")) {
      add(routes, cube(Field.DESTINATION, types(AddressType.MULTICAST.bit())));
    }
    all.add(new Restriction("no route leads there by that interface", routes));
  }

  /**
   * What is forwarded though its destination is the host's own: by a source route, whose next address is taken behind FORWARD
   * (ip_forward_options()), or to the broadcast address of another interface.
   */
  private Optional<Cube> ofOwn() {
    boolean broadcasts = network.devices().stream().anyMatch(this::forwardsBroadcasts);
    int types = (knob("accept_source_route") ? AddressType.LOCAL.bit() | AddressType.BROADCAST.bit() : 0)
        | (broadcasts ? AddressType.BROADCAST.bit() : 0);
    return space.family() == Family.IPV6 || types == 0 ? Optional.empty()
        : Optional.ofNullable(cube(Field.DESTINATION, types(types)));
  }

  /** What comes in to a group that the interface is in, as the dump of them says. */
  private void addGroups(List<Restriction> all) {
    int bits = space.family().addressBits();
    ValueSet groups = space.family() == Family.IPV4 ? ValueSet.prefix(0, 0xe000_0000L, 4, bits) : ValueSet.prefix(0xffL << 56, 0, 8, bits);
    List<Cube> joined = new ArrayList<>(List.of(cube(Field.DESTINATION, groups.complement(bits))));
    for (NetDevice device : network.devices()) {
      ValueSet mine = ValueSet.union(AddressClasses.of(network, space.family()).ranges().stream()
          .filter(range -> network.routing().isJoined(space.family(), device, range.firstHigh(0), range.firstLow(0))).toList());
      Cube here = cube(Field.DESTINATION, mine);
      if (here != null) {
        joined.add(here.with(space.axis(Field.IN_INTERFACE), ValueSet.of(space.interfaceValue(device))));
      }
    }
    if (comesBackByLo()) {
      joined.add(cube(Field.IN_INTERFACE, value("lo")));
    }
    all.add(new Restriction("the interface is not in that multicast group (ip maddr)", joined));
  }

  /**
   * Frames that cross a bridge, which routing is not asked about: the rules see them come and go by the bridge, or, where a knob says
   * so, come by the interface of their VLAN on it. Any packets where it is not told which interfaces are bridges.
   */
  private List<Cube> bridged() {
    if (!network.isTold(Aspect.INTERFACES)) {
      return List.of(Cube.all());
    }
    boolean ofVlans = network.sysctls().flag("net.bridge.bridge-nf-pass-vlan-input-dev", !network.isTold(Aspect.KNOBS));
    return network.devices().stream().filter(this::isBridge).map(d -> ValueSet.of(space.interfaceValue(d)))
        .map(d -> (ofVlans ? Cube.all() : cube(Field.IN_INTERFACE, d)).with(space.axis(Field.OUT_INTERFACE), d)).toList();
  }

  private ValueSet bridges() {
    return values(this::isBridge);
  }

  /** Whether it is a bridge, and rules are asked about frames that cross it. */
  private boolean isBridge(NetDevice device) {
    return device.kind() == NetDevice.Kind.BRIDGE && !network.isTold(Aspect.KNOBS) || network.asksRules(device, space.family());
  }

  /** Interfaces of which that is so, and those that are not known. */
  private ValueSet values(Predicate<NetDevice> which) {
    ValueSet others = ValueSet.union(network.devices().stream().filter(which.negate()).map(this::value).toList());
    return space.existingInterfaces().minus(others);
  }

  private ValueSet types(int types) {
    return space.addressesOf(types, host);
  }

  private ValueSet value(String device) {
    return network.device(device).map(this::value).orElse(ValueSet.none());
  }

  private ValueSet value(NetDevice device) {
    return ValueSet.of(space.interfaceValue(device));
  }

  private static ValueSet none() {
    return ValueSet.of(0);
  }

  private static ValueSet or(ValueSet a, ValueSet b) {
    return ValueSet.union(List.of(a, b));
  }

  private int bits(Field field) {
    return space.axis(field).bits();
  }

  private Cube cube(Field field, ValueSet values) {
    Axis axis = space.axis(field);
    return Cube.all().with(axis, values);
  }

  private static Restriction one(String reason, Cube cube) {
    return new Restriction(reason, cube == null ? List.of() : List.of(cube));
  }

  /** Of all but frames that a program puts on {@code lo}. */
  private static Restriction ordinary(String reason, Cube cube) {
    return new Restriction(reason, cube == null ? List.of() : List.of(cube), false);
  }
}
