package io.sluice.analysis.lint;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Reach;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.compile.ValueSet;
import io.sluice.host.AddressType;
import io.sluice.host.Aspect;
import io.sluice.host.NetDevice;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Published ports: who gets to them through FORWARD, and what INPUT would have said. That nobody gets there is proven; that
 * somebody does is played, since later tables may keep out, too, what INPUT would, and FORWARD may ask what was translated.
 */
final class ExposureLint {
  private final TableLint nat;
  private final Admission admission;
  private final Host host;
  private final Space space;
  private final Routes routes;
  private final ValueSet own;
  /** Plays first packets by the walker; null before there is one to play. */
  private Simulator simulator;

  ExposureLint(TableLint nat, Admission admission, Host host) {
    this.nat = nat;
    this.admission = admission;
    this.host = host;
    this.space = nat.table().space();
    this.routes = new Routes(space, host.network());
    this.own = space.addressesOf(AddressType.LOCAL.bit(), host);
  }

  /** Whether it is told who is behind which interface. */
  static boolean isTold(Host host, Family family) {
    return Stream.of(Aspect.INTERFACES, Aspect.addresses(family), Aspect.routes(family)).allMatch(host.network()::isTold);
  }

  /** What there is to say of a rule of table nat that packets get to. */
  Optional<Finding> examine(SymbolicRule rule, Subject subject) {
    Optional<Translation> translation =
        rule.rule().target() instanceof ExtensionTarget target ? Translation.of(target, own) : Optional.empty();
    Optional<SymbolicChain> base = nat.bases(rule.chain()).stream()
        .filter(c -> c.base().orElseThrow().hook() == Hook.PREROUTING).findFirst();
    if (translation.isEmpty() || base.isEmpty()) {
      return Optional.empty();
    }
    List<String> open = new ArrayList<>();
    List<String> closed = new ArrayList<>();
    Set<Subject> stopping = new LinkedHashSet<>();
    Set<String> otherwise = new LinkedHashSet<>();
    Set<Hook> hooks = hooks(translation.get());
    Sockets past = new Sockets(admission, space.axis(Field.DESTINATION_PORT));
    for (NetDevice device : host.network().devices()) {
      Cube in = device.isLoopback() || device.master().isPresent() ? null : from(device, translation.get());
      if (in == null || !isPublished(rule, base.get(), in)) {
        continue;
      }
      List<Cube> forwarded = forwarded(rule, translation.get(), in);
      if (hooks.stream().noneMatch(hook -> admission.admits(hook, at(hook, forwarded)).possible())) {
        closed.add(device.name());
        for (Hook hook : hooks) {
          stopping.addAll(admission.stops(hook, at(hook, forwarded)));
          otherwise.add(admission.stopsWithoutRule(hook, at(hook, forwarded)));
        }
        continue;
      }
      open.add(device.name());
      List<Cube> delivered = delivered(rule, in);
      boolean samePort = translation.get().ports().isEmpty();
      Cube translated = Cube.all().with(space.axis(Field.CTSTATE), ValueSet.of(CtState.NEW | CtState.DNAT));
      past.look(device.name(), Cubes.and(forwarded, List.of(translated)), (by, packet, ports) ->
          !admission.admits(Hook.INPUT, samePort ? to(ports, delivered) : delivered).possible()
              && passes(rule, base.get(), device, packet, by, samePort));
    }
    String socket = translation.get().text();
    if (open.isEmpty() && !closed.isEmpty()) {
      boolean byRule = stopping.stream().anyMatch(by -> by.rule().isPresent());
      return Optional.of(new Finding(Code.PUBLISHED_UNREACHABLE, Severity.WARNING, subject, "leads to " + socket
          + ", but " + hooks.stream().map(Hook::name).collect(Collectors.joining(" and "))
          + (hooks.size() == 1 ? " lets" : " let") + " no new connection there through, from any interface ("
          + String.join(", ", closed) + ")"
          + (byRule ? "" : "; " + String.join("; ", otherwise)), byRule ? List.copyOf(stopping) : List.of()));
    }
    return past.devices().isEmpty() ? Optional.empty() : Optional.of(new Finding(Code.BYPASSES_INPUT, Severity.WARNING, subject,
        socket + (translation.get().ports().isEmpty() ? past.portsText() : "") + " can be reached from " + String.join(", ", past.devices())
            + ", though INPUT lets no new connection to the published port in", past.by()));
  }

  /** By which hooks the rule's packets go on. */
  private Set<Hook> hooks(Translation to) {
    Set<Hook> hooks = new LinkedHashSet<>();
    if (to.addresses().filter(led -> led.minus(own).isEmpty()).isEmpty()) {
      hooks.add(Hook.FORWARD);
    }
    if (to.mayLeadTo(own)) {
      hooks.add(Hook.INPUT);
    }
    return hooks;
  }

  /** The packets that the hook may see of those that have been translated: INPUT only what is for the host itself. */
  private List<Cube> at(Hook hook, List<Cube> translated) {
    return hook == Hook.INPUT ? Cubes.and(translated, List.of(Cube.all().with(space.axis(Field.DESTINATION), own))) : translated;
  }

  /** Those of the packets that are for some ports. */
  private List<Cube> to(Optional<ValueSet> ports, List<Cube> packets) {
    return ports.map(set -> Cubes.and(packets, List.of(Cube.all().with(space.axis(Field.DESTINATION_PORT), set)))).orElse(packets);
  }

  /**
   * Packets that come in by the interface from those who are there, other than whom the rule leads to; null if there are none.
   * Where {@linkplain Routes#isPlain() that is not told}, anybody may be.
   */
  private Cube from(NetDevice device, Translation to) {
    ValueSet there = routes.isPlain() ? routes.behind(device) : ValueSet.none().complement(space.family().addressBits());
    ValueSet others = to.addresses().map(own -> there.minus(own)).orElse(there);
    return Cube.all().with(space.axis(Field.IN_INTERFACE), ValueSet.of(space.interfaceValue(device)))
        .with(space.axis(Field.SOURCE), others);
  }

  /** Whether a first packet for the host itself that the rule translates is forwarded: as FORWARD lets it through, by that rule. */
  private boolean passes(
      SymbolicRule rule, SymbolicChain base, NetDevice device, Point forwarded, Optional<SymbolicRule> by, boolean samePort) {
    List<Field> same = samePort ? List.of(Field.SOURCE, Field.PROTOCOL, Field.SOURCE_PORT, Field.DESTINATION_PORT)
        : List.of(Field.SOURCE, Field.PROTOCOL, Field.SOURCE_PORT);
    List<Cube> published = new ArrayList<>();
    for (Cube first : ConnectionProbe.first(space, ValueSet.of(space.interfaceValue(device)))) {
      Cube cube = first.with(space.axis(Field.DESTINATION), own.minus(loopback()));
      for (Field field : same) {
        Axis axis = space.axis(field);
        long high = forwarded.high(axis.index());
        long low = forwarded.low(axis.index());
        cube = cube == null ? null : cube.with(axis, ValueSet.range(high, low, high, low));
      }
      if (cube != null) {
        published.add(cube);
      }
    }
    Reach reach = nat.reachability().decide(rule, base, Cubes.and(nat.among(base), published), r -> true);
    if (reach.answer() != Answer.REACHED) {
      return false;
    }
    simulator = simulator == null ? Simulator.builder(host).build() : simulator.restarted();
    return ConnectionPlay.play(simulator, space, reach.packet(), ConnectionProbe.Extent.FIRST)
        .map(played -> played.outcomes().get(0)).filter(outcome -> outcome.fate() == Fate.FORWARDED)
        .filter(outcome -> admission.isBy(outcome, by)).isPresent();
  }

  /** Nobody is asked for these from elsewhere: IPv6 drops such packets before any rule, see ip6_rcv_core() in net/ipv6/ip6_input.c. */
  private ValueSet loopback() {
    int bits = space.family().addressBits();
    return space.family() == Family.IPV4 ? ValueSet.prefix(0, 0x7f00_0000L, 8, bits) : ValueSet.prefix(0, 1, bits, bits);
  }

  private boolean isPublished(SymbolicRule rule, SymbolicChain base, Cube in) {
    return nat.reachability().decide(rule, base, Cubes.and(nat.among(base), List.of(in)), r -> true).answer() == Answer.REACHED;
  }

  /** What the rule's packets look like in FORWARD. */
  private List<Cube> forwarded(SymbolicRule rule, Translation to, Cube in) {
    ValueSet translated = StateLint.states(CtState.NEW);
    List<Cube> cubes = new ArrayList<>();
    for (Cube cube : Cubes.and(rule.shape().may(), List.of(in))) {
      Cube seen = keep(cube, Field.IN_INTERFACE, Field.SOURCE, Field.PROTOCOL, Field.SOURCE_PORT)
          .with(space.axis(Field.CTSTATE), translated);
      ValueSet addresses = to.addresses().orElse(cube.values(space.axis(Field.DESTINATION)));
      ValueSet ports = to.ports().orElse(cube.values(space.axis(Field.DESTINATION_PORT)));
      seen = addresses == null ? seen : seen.with(space.axis(Field.DESTINATION), addresses);
      cubes.add(ports == null ? seen : seen.with(space.axis(Field.DESTINATION_PORT), ports));
    }
    return cubes;
  }

  /** What they would look like in INPUT, if they were not translated. */
  private List<Cube> delivered(SymbolicRule rule, Cube in) {
    Cube local = Cube.all().with(space.axis(Field.DESTINATION), own);
    List<Cube> cubes = new ArrayList<>();
    for (Cube cube : Cubes.and(Cubes.and(rule.shape().may(), List.of(in)), List.of(local))) {
      cubes.add(keep(cube, Field.IN_INTERFACE, Field.SOURCE, Field.DESTINATION, Field.PROTOCOL, Field.SOURCE_PORT,
          Field.DESTINATION_PORT).with(space.axis(Field.CTSTATE), StateLint.states(CtState.NEW)));
    }
    return cubes;
  }

  private Cube keep(Cube cube, Field... fields) {
    Cube kept = Cube.all();
    for (Field field : fields) {
      Axis axis = space.axis(field);
      kept = cube.values(axis) == null ? kept : kept.with(axis, cube.values(axis));
    }
    return kept;
  }
}
