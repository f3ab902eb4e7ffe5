package io.sluice.analysis.lint;

import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.Aspect;
import io.sluice.host.Network;
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
import java.util.Optional;
import java.util.Set;

/**
 * Which packets come to a base chain at all, on this host: a list of restrictions, each for one reason.
 *
 * <p>Every one leaves in all packets that the kernel could bring there. Where a policy rule comes before the host's own addresses are
 * looked up, or a table has others of them, nothing is said of addresses.
 */
final class Places {
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
  private final Network network;
  private final HostValues here;
  private final Delivery delivery;
  private final boolean reassembles;
  private final boolean icmpStates;
  private final CtStates states;
  private final Set<Hook> rewriting;
  private final Map<BaseChain, List<Restriction>> known = new HashMap<>();
  private final boolean plainRouting;
  private final boolean tracksAll;
  private final boolean copies;
  /** Whether a rule may give a packet another source before its connection does. */
  private final boolean translatesPrefixes;

  Places(Space space, Host host) {
    this.space = space;
    this.network = host.network();
    this.here = new HostValues(space, host);
    this.plainRouting = network.isTold(Aspect.addresses(space.family())) && new Routes(space, network).isPlain();
    this.reassembles = HookPackets.joinsFragments(host, space.family());
    this.rewriting = Rewriters.hooks(host, space.family());
    this.tracksAll = !HookPackets.mayUntrack(host, space.family());
    this.copies = HookPackets.mayCopy(host, space.family());
    this.delivery = new Delivery(space, network, here, copies);
    this.translatesPrefixes = host.rules(space.family()).rules()
        .anyMatch(rule -> rule.target() instanceof ExtensionTarget target && target.name().equals("SNPT"));
    this.icmpStates = IcmpStates.matter(space);
    this.states = new CtStates(space, host, here, rewriting.isEmpty());
  }

  /** Why no packet of the family comes to any hook; empty when some may. Frames of bridges are not asked for it. */
  private Optional<String> off() {
    boolean off = space.family() == Family.IPV6 && here.bridges().isEmpty() && network.devices().stream().noneMatch(here::mayLeaveBy);
    return off ? Optional.of("IPv6 is off on every interface (net.ipv6.conf.*.disable_ipv6)") : Optional.empty();
  }

  /** Why no packet at all comes to a hook; empty when some may. */
  Optional<String> closed(Hook hook) {
    boolean forwards = !here.bridges().isEmpty() || here.knob("mc_forwarding")
        || network.devices().stream().anyMatch(in -> here.forwards(in) || here.forwardsBroadcasts(in));
    return off().isPresent() || hook != Hook.FORWARD || forwards ? off() : Optional.of(
        "nothing is forwarded: forwarding is off on every interface ("
            + (space.family() == Family.IPV4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding") + ")");
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
    all.add(one("no interface of the host has that name", here.cube(Field.IN_INTERFACE, HostValues.orNone(existing))));
    all.add(one("no interface of the host has that name", here.cube(Field.OUT_INTERFACE, HostValues.orNone(existing))));
    if (hook == Hook.PREROUTING || hook == Hook.INPUT) {
      all.add(one(hook + " has no out-interface", here.cube(Field.OUT_INTERFACE, HostValues.NONE)));
      all.add(one("every packet of " + hook + " has come in by an interface of the host", here.cube(Field.IN_INTERFACE, existing)));
    } else if (hook == Hook.FORWARD) {
      all.add(one("every packet of FORWARD comes in and leaves by interfaces of the host", here.cube(Field.IN_INTERFACE, existing)));
      all.add(one("every packet of FORWARD comes in and leaves by interfaces of the host", here.cube(Field.OUT_INTERFACE, existing)));
      if (!here.routesLeadToLo()) {
        ValueSet others = existing.minus(here.lo());
        if (!here.routesFromSources()) {
          all.add(ordinary("nothing is forwarded from lo", here.cube(Field.IN_INTERFACE, others)));
        }
        all.add(one("no route leads to lo", here.cube(Field.OUT_INTERFACE, others)));
      }
    } else if (hook == Hook.OUTPUT) {
      all.add(one("OUTPUT has no in-interface", here.cube(Field.IN_INTERFACE, HostValues.NONE)));
      all.add(one("every packet of OUTPUT leaves by an interface of the host", here.cube(Field.OUT_INTERFACE, existing)));
    } else {
      all.add(one("every packet of POSTROUTING leaves by an interface of the host", here.cube(Field.OUT_INTERFACE, existing)));
      if (!copies && !here.routesLeadToLo() && !here.routesFromSources()) { // TEE's copies have their out-interface for both
        all.add(ordinary("nothing is forwarded from lo", here.cube(Field.IN_INTERFACE, HostValues.orNone(existing.minus(here.lo())))));
      }
    }
    addSwitchedOff(hook, all);
    all.addAll(states.restrictions(base));
    if (tracksAll) {
      all.add(new Restriction("no rule takes packets from connection tracking", IcmpStates.neverUntracked(space)));
    }
    if (icmpStates && CtStates.isTracked(base) && rewriting.isEmpty()) {
      all.add(new Restriction("connection tracking knows no such ICMP packets in that state", IcmpStates.tracked(space)));
    }
    if (reassembles && base.priority() > DEFRAG && rewriting.isEmpty()) {
      addJoined(hook, all);
    }
    if (hook == Hook.INPUT && space.family() == Family.IPV4 && !rewriting.contains(hook)) {
      // ip_local_deliver() in net/ipv4/ip_input.c, whatever there is of connection tracking.
      all.add(one("fragments are put together before they are delivered",
          here.cube(Field.FRAGMENT, ValueSet.of(Space.LATER_FRAGMENT).complement(bits(Field.FRAGMENT)))));
    }
    if (hook == Hook.FORWARD && space.family() == Family.IPV4 && !rewriting.contains(hook)) {
      all.addAll(delivery.forwarding());
    }
    if (plainRouting && here.tellsMartians() && space.family() == Family.IPV6 && rewriting.isEmpty() && !translatesPrefixes) {
      all.addAll(new Martians6(space, network).restrictions(hook, here.knob("mc_forwarding")));
    }
    if (plainRouting && !rewriting.contains(hook)) {
      all.addAll(delivery.addresses(hook));
    }
    all.addAll(new Frames(space, network, here).restrictions(hook, copies));
    return all;
  }

  /** What is untracked is not put together: pieces that come back over {@code lo}, and copies of them that TEE sends. */
  private void addJoined(Hook hook, List<Restriction> all) {
    boolean sent = hook == Hook.OUTPUT || hook == Hook.POSTROUTING;
    if (sent && (!tracksAll || HookPackets.maySendFragments(space.family(), hook))) {
      return;
    }
    List<Cube> joined = new ArrayList<>();
    add(joined, here.cube(Field.FRAGMENT, ValueSet.of(Space.LATER_FRAGMENT).complement(bits(Field.FRAGMENT))));
    if (!tracksAll) {
      add(joined, here.cube(Field.IN_INTERFACE, here.lo()));
    }
    all.add(new Restriction("fragments are put together before the rules see them", joined));
  }

  /** @param cube null for nothing */
  static void add(List<Cube> cubes, Cube cube) {
    if (cube != null) {
      cubes.add(cube);
    }
  }

  /** What IPv6 is off for; frames of bridges are not asked, and may arrive as if by another interface. */
  private void addSwitchedOff(Hook hook, List<Restriction> all) {
    if (space.family() == Family.IPV4) {
      return;
    }
    ValueSet bridges = here.bridges();
    String reason = "IPv6 is off on that interface (disable_ipv6)";
    if (hook == Hook.PREROUTING || bridges.isEmpty() && (hook == Hook.INPUT || hook == Hook.FORWARD)) {
      all.add(one(reason, here.cube(Field.IN_INTERFACE,
          HostValues.or(bridges, here.interfaces(d -> network.routing().isOn(space.family(), d))))));
    }
    if (hook == Hook.OUTPUT || hook == Hook.FORWARD || hook == Hook.POSTROUTING) {
      all.add(one(reason, here.cube(Field.OUT_INTERFACE,
          HostValues.or(bridges, here.interfaces(d -> d.isLoopback() || here.mayLeaveBy(d))))));
    }
  }

  private int bits(Field field) {
    return space.axis(field).bits();
  }

  private static Restriction one(String reason, Cube cube) {
    return new Restriction(reason, cube == null ? List.of() : List.of(cube));
  }

  /** Of all but frames that a program puts on {@code lo}. */
  private static Restriction ordinary(String reason, Cube cube) {
    return new Restriction(reason, cube == null ? List.of() : List.of(cube), false);
  }
}
