package io.sluice.analysis.lint;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.conntrack.ConntrackRecord;
import io.sluice.conntrack.Tuple;
import io.sluice.host.NetDevice;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * ESTABLISHED and RELATED rules of table filter: which NEW packet opens the connections that they are for?
 *
 * <p>A connection passes FORWARD in both directions with the same two ends: what NAT does there is done before, or behind. Of
 * a connection with the host itself one direction passes INPUT, the other OUTPUT. A RELATED packet may also be an ICMP
 * error, which comes to an end of the connection from anywhere.
 *
 * <p>Nothing is said where packets of such a rule need no NEW packet that the rules let through: of connections that there are
 * already, of those that SYNPROXY opens in others' names, of those that the host has with itself under addresses that NAT gives it, and
 * of the host's own errors and resets, which belong to what they are about, whether or not that is let through (nf_ct_attach()).
 */
final class StateLint {
  private static final Map<Hook, Hook> BACK =
      Map.of(Hook.FORWARD, Hook.FORWARD, Hook.INPUT, Hook.OUTPUT, Hook.OUTPUT, Hook.INPUT);
  private static final Map<Field, Field> SWAPPED = Map.of(
      Field.SOURCE, Field.DESTINATION, Field.DESTINATION, Field.SOURCE, Field.SOURCE_PORT, Field.DESTINATION_PORT,
      Field.DESTINATION_PORT, Field.SOURCE_PORT, Field.IN_INTERFACE, Field.OUT_INTERFACE, Field.OUT_INTERFACE,
      Field.IN_INTERFACE, Field.PROTOCOL, Field.PROTOCOL);
  /** What gives a packet of the host for itself another source. */
  private static final Set<String> TRANSLATING = Set.of("SNAT", "MASQUERADE", "NETMAP");
  private static final ValueSet EXISTING = ValueSet.union(List.of(states(CtState.ESTABLISHED), states(CtState.RELATED)));

  private static final String BY_HOST = ", but for the host's own: what its programs send in others' names (raw sockets), and what"
      + " others say has become of its connections";

  private final Admission admission;
  private final Space space;
  private final boolean hasHelpers;
  /** The ctstates of packets that open connections: where helpers expect some, RELATED ones do. */
  private final ValueSet opening;
  private final boolean proxies;
  private final boolean translates;
  /** Where a rule may reject packets. */
  private final Set<Hook> rejecting = EnumSet.noneOf(Hook.class);
  private final List<ConntrackRecord> existing;
  private final int lo;

  StateLint(Admission admission, Host host) {
    this.admission = admission;
    this.space = admission.filter().table().space();
    this.lo = host.network().devices().stream().filter(NetDevice::isLoopback).mapToInt(space::interfaceValue).findFirst().orElse(0);
    this.hasHelpers = host.network().sysctls().flag("net.netfilter.nf_conntrack_helper", false)
        || host.rules(space.family()).rules().anyMatch(CtStates::givesTemplate);
    this.opening = hasHelpers ? ValueSet.union(List.of(states(CtState.NEW), states(CtState.RELATED))) : states(CtState.NEW);
    this.proxies = host.rules(space.family()).rules().anyMatch(rule -> isTarget(rule, "SYNPROXY"));
    this.translates = host.rules(space.family()).rules()
        .anyMatch(rule -> rule.target() instanceof ExtensionTarget target && TRANSLATING.contains(target.name()));
    SymbolicTable filter = admission.filter().table();
    filter.baseChains().stream().filter(base -> filter.reachable(base).stream().flatMap(chain -> chain.rules().stream())
        .anyMatch(rule -> isTarget(rule.rule(), "REJECT"))).forEach(base -> rejecting.add(base.base().orElseThrow().hook()));
    this.existing = host.conntrack().stream().filter(record -> record.original().family() == space.family()).toList();
  }

  private static boolean isTarget(Rule rule, String name) {
    return rule.target() instanceof ExtensionTarget target && target.name().equals(name);
  }

  static ValueSet states(int state) {
    List<ValueSet> numbers = new ArrayList<>();
    for (int n = 0; n < CtState.COUNT; n++) {
      if ((n & CtState.STATE_MASK) == state) {
        numbers.add(ValueSet.of(n));
      }
    }
    return ValueSet.union(numbers);
  }

  /** Whether the rule is for connections that exist already. */
  private boolean isForExisting(SymbolicRule rule) {
    Axis state = space.axis(Field.CTSTATE);
    for (Cube cube : rule.shape().may()) {
      ValueSet states = cube.values(state);
      if (states == null || !EXISTING.containsAll(states)) {
        return false;
      }
    }
    return !rule.shape().isEmpty();
  }

  /** What there is to say of a rule that packets get to. */
  Optional<Finding> examine(SymbolicRule rule, Subject subject) {
    if (!isForExisting(rule) || livesOtherwise(rule)) {
      return Optional.empty();
    }
    List<SymbolicRule> back = new ArrayList<>();
    boolean anyOther = false;
    boolean byHost = false;
    for (SymbolicChain base : admission.filter().bases(rule.chain())) {
      Hook hook = base.base().orElseThrow().hook();
      if (!BACK.containsKey(hook) || admission.admits(hook, cubes(rule, false, true)).possible()) {
        return Optional.empty();
      }
      Admission.Answered reverse = admission.admits(BACK.get(hook), cubes(rule, true, true));
      anyOther |= reverse.possible() || isOpenedElsewhere(rule, hook);
      byHost |= hook == Hook.FORWARD && isOpenedByHost(rule);
      reverse.by().ifPresent(back::add);
    }
    if (!anyOther) {
      return Optional.of(new Finding(Code.NOTHING_OPENED, Severity.WARNING, subject,
          "no NEW packet that could open such a connection is let through, in either direction" + (byHost ? BY_HOST : ""), List.of()));
    }
    return back.isEmpty() ? Optional.empty() : Optional.of(new Finding(Code.ONE_SIDED, Severity.NOTE, subject,
        "no NEW packet is let through in its direction: it lives only through connections opened from the other side",
        back.stream().distinct().map(r -> Names.of(admission.filter().table(), r)).toList()));
  }

  /** Whether packets of the rule may be there for which no rule need have let a NEW packet through. */
  private boolean livesOtherwise(SymbolicRule rule) {
    return rule.shape().may().stream().anyMatch(cube -> proxies && mayBe(cube, Protocols.TCP)
        || existing.stream().anyMatch(record -> isBetween(cube, record.original(), record.reply())
            || isBetween(cube, record.reply(), record.original()))
        || isRelated(cube) && admission.filter().bases(rule.chain()).stream()
            .anyMatch(base -> mayBeAnswer(cube, base.base().orElseThrow().hook()))
        || translates && admission.filter().bases(rule.chain()).stream()
            .anyMatch(base -> mayBeWithItself(cube, base.base().orElseThrow().hook())));
  }

  /** Whether the rule asks for the address of an end that may be the host itself, translated on its way over {@code lo}. */
  private boolean mayBeWithItself(Cube cube, Hook hook) {
    Field end = hook == Hook.INPUT ? Field.SOURCE : Field.DESTINATION;
    Field device = hook == Hook.INPUT ? Field.IN_INTERFACE : Field.OUT_INTERFACE;
    return hook != Hook.FORWARD && cube.values(space.axis(end)) != null && mayBe(cube, device, 0, lo);
  }

  /** Whether packets of the cube may be the host's own answers to what it does not let through, or to what it does not let itself send. */
  private boolean mayBeAnswer(Cube cube, Hook hook) {
    boolean error = mayBe(cube, space.family() == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6);
    boolean reset = mayBe(cube, Protocols.TCP);
    return hook == Hook.OUTPUT && (error || reset && !rejecting.isEmpty())
        || hook == Hook.INPUT && (error || reset) && rejecting.contains(Hook.OUTPUT);
  }

  /** Whether packets of the cube may go from the source of one tuple to that of the other, or, if RELATED, be about such. */
  private boolean isBetween(Cube cube, Tuple from, Tuple to) {
    boolean ends = mayBe(cube, Field.DESTINATION, to.srcHi(), to.srcLo());
    return ends && (isRelated(cube) || mayBe(cube, from.protocol()) && mayBe(cube, Field.SOURCE, from.srcHi(), from.srcLo()));
  }

  private boolean mayBe(Cube cube, int protocol) {
    return mayBe(cube, Field.PROTOCOL, 0, protocol);
  }

  private boolean mayBe(Cube cube, Field field, long high, long low) {
    ValueSet values = cube.values(space.axis(field));
    return values == null || values.contains(high, low);
  }

  private boolean isRelated(Cube cube) {
    return cube.values(space.axis(Field.CTSTATE)).intersects(states(CtState.RELATED));
  }

  /** Whether a connection may begin by other interfaces, or one that an ICMP error for the rule's destination is about. */
  private boolean isOpenedElsewhere(SymbolicRule rule, Hook hook) {
    if (admission.admits(hook, cubes(rule, false, false)).possible()
        || admission.admits(BACK.get(hook), cubes(rule, true, false)).possible()) {
      return true;
    }
    return rule.shape().may().stream().anyMatch(this::isRelated)
        && (hasHelpers || admission.admits(hook, ends(rule, Field.DESTINATION)).possible()
        || admission.admits(BACK.get(hook), ends(rule, Field.SOURCE)).possible());
  }

  /**
   * Whether programs of the host may open a connection that a rule of FORWARD sees packets of: in others' names, whose answers pass
   * there; or one with the host, of which somebody else says that it fails.
   */
  private boolean isOpenedByHost(SymbolicRule rule) {
    return admission.admits(Hook.OUTPUT, cubes(rule, false, false)).possible()
        || admission.admits(Hook.OUTPUT, cubes(rule, true, false)).possible()
        || rule.shape().may().stream().anyMatch(this::isRelated) && (admission.admits(Hook.INPUT, ends(rule, Field.SOURCE)).possible()
        || admission.admits(Hook.OUTPUT, ends(rule, Field.DESTINATION)).possible());
  }

  /** NEW packets with the rule's destination at one end. */
  private List<Cube> ends(SymbolicRule rule, Field end) {
    List<Cube> cubes = new ArrayList<>();
    for (Cube cube : rule.shape().may()) {
      ValueSet addresses = cube.values(space.axis(Field.DESTINATION));
      Cube fresh = Cube.all().with(space.axis(Field.CTSTATE), opening);
      cubes.add(addresses == null ? fresh : fresh.with(space.axis(end), addresses));
    }
    return cubes;
  }

  /** NEW packets of the connections that the rule is for, in its direction or back. */
  private List<Cube> cubes(SymbolicRule rule, boolean back, boolean interfaces) {
    List<Cube> cubes = new ArrayList<>();
    for (Cube cube : rule.shape().may()) {
      Cube fresh = Cube.all().with(space.axis(Field.CTSTATE), opening);
      for (int i = 0; i < cube.size() && fresh != null; i++) {
        Axis axis = cube.axis(i);
        Field field = axis.field().orElse(null);
        boolean device = field == Field.IN_INTERFACE || field == Field.OUT_INTERFACE;
        if (field != null && SWAPPED.containsKey(field) && (interfaces || !device)) {
          fresh = fresh.with(back ? space.axis(SWAPPED.get(field)) : axis, cube.set(i));
        }
      }
      ValueSet own = cube.values(space.axis(Field.DESTINATION));
      if (fresh != null && interfaces && !back && own != null && own.size() == 1) {
        // Nobody sends himself packets through a router.
        fresh = fresh.with(space.axis(Field.SOURCE), own.complement(space.family().addressBits()));
      }
      if (fresh != null) {
        cubes.add(fresh);
      }
    }
    return cubes;
  }
}
