package io.sluice.analysis.lint;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.compile.ValueSet;
import io.sluice.net.CtState;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * ESTABLISHED and RELATED rules of table filter: which NEW packet opens the connections that they are for?
 *
 * <p>A connection passes FORWARD in both directions with the same two ends: what NAT does there is done before, or behind. Of
 * a connection with the host itself one direction passes INPUT, the other OUTPUT. A RELATED packet may also be an ICMP
 * error, which comes to an end of the connection from anywhere.
 */
final class StateLint {
  private static final Map<Hook, Hook> BACK =
      Map.of(Hook.FORWARD, Hook.FORWARD, Hook.INPUT, Hook.OUTPUT, Hook.OUTPUT, Hook.INPUT);
  private static final Map<Field, Field> SWAPPED = Map.of(
      Field.SOURCE, Field.DESTINATION, Field.DESTINATION, Field.SOURCE, Field.SOURCE_PORT, Field.DESTINATION_PORT,
      Field.DESTINATION_PORT, Field.SOURCE_PORT, Field.IN_INTERFACE, Field.OUT_INTERFACE, Field.OUT_INTERFACE,
      Field.IN_INTERFACE, Field.PROTOCOL, Field.PROTOCOL);
  private static final ValueSet NEW = states(CtState.NEW);
  private static final ValueSet EXISTING = ValueSet.union(List.of(states(CtState.ESTABLISHED), states(CtState.RELATED)));

  private final Admission admission;
  private final Space space;
  private final boolean hasHelpers;

  StateLint(Admission admission, Host host) {
    this.admission = admission;
    this.space = admission.filter().table().space();
    this.hasHelpers = host.network().sysctls().flag("net.netfilter.nf_conntrack_helper", false)
        || host.rules(space.family()).rules().anyMatch(StateLint::mayAssignHelper);
  }

  private static boolean mayAssignHelper(Rule rule) {
    return rule.target() instanceof ExtensionTarget target && target.name().equals("CT");
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
    if (!isForExisting(rule)) {
      return Optional.empty();
    }
    List<SymbolicRule> back = new ArrayList<>();
    boolean anyOther = false;
    for (SymbolicChain base : admission.filter().bases(rule.chain())) {
      Hook hook = base.base().orElseThrow().hook();
      if (!BACK.containsKey(hook) || admission.admits(hook, cubes(rule, false, true)).possible()) {
        return Optional.empty();
      }
      Admission.Answered reverse = admission.admits(BACK.get(hook), cubes(rule, true, true));
      anyOther |= reverse.possible() || isOpenedElsewhere(rule, hook);
      reverse.by().ifPresent(back::add);
    }
    if (!anyOther) {
      return Optional.of(new Finding(Code.NOTHING_OPENED, Severity.WARNING, subject,
          "no NEW packet that could open such a connection is let through, in either direction", List.of()));
    }
    return back.isEmpty() ? Optional.empty() : Optional.of(new Finding(Code.ONE_SIDED, Severity.NOTE, subject,
        "no NEW packet is let through in its direction: it lives only through connections opened from the other side",
        back.stream().distinct().map(r -> Names.of(admission.filter().table(), r)).toList()));
  }

  /** Whether a connection may begin by other interfaces, or one that an ICMP error for the rule's destination is about. */
  private boolean isOpenedElsewhere(SymbolicRule rule, Hook hook) {
    if (admission.admits(hook, cubes(rule, false, false)).possible()
        || admission.admits(BACK.get(hook), cubes(rule, true, false)).possible()) {
      return true;
    }
    boolean related = rule.shape().may().stream()
        .anyMatch(cube -> cube.values(space.axis(Field.CTSTATE)).intersects(states(CtState.RELATED)));
    return related && (hasHelpers || admission.admits(hook, ends(rule, Field.DESTINATION)).possible()
        || admission.admits(BACK.get(hook), ends(rule, Field.SOURCE)).possible());
  }

  /** NEW packets with the rule's destination at one end. */
  private List<Cube> ends(SymbolicRule rule, Field end) {
    List<Cube> cubes = new ArrayList<>();
    for (Cube cube : rule.shape().may()) {
      ValueSet addresses = cube.values(space.axis(Field.DESTINATION));
      Cube fresh = Cube.all().with(space.axis(Field.CTSTATE), NEW);
      cubes.add(addresses == null ? fresh : fresh.with(space.axis(end), addresses));
    }
    return cubes;
  }

  /** NEW packets of the connections that the rule is for, in its direction or back. */
  private List<Cube> cubes(SymbolicRule rule, boolean back, boolean interfaces) {
    List<Cube> cubes = new ArrayList<>();
    for (Cube cube : rule.shape().may()) {
      Cube fresh = Cube.all().with(space.axis(Field.CTSTATE), NEW);
      for (int i = 0; i < cube.size() && fresh != null; i++) {
        Axis axis = cube.axis(i);
        Field field = axis.field().orElse(null);
        boolean device = field == Field.IN_INTERFACE || field == Field.OUT_INTERFACE;
        if (field != null && SWAPPED.containsKey(field) && (interfaces || !device)) {
          fresh = fresh.with(back ? space.axis(SWAPPED.get(field)) : axis, cube.set(i));
        }
      }
      ValueSet own = cube.values(space.axis(Field.DESTINATION));
      if (fresh != null && interfaces && !back && own != null) {
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
