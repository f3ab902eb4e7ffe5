package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.ruleset.ExtensionTarget;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Sends packets of some kinds through a base chain, all at once, from the first rule to the last, and notes which rules decide on
 * some of each kind. Packets that rules have made alike are of the kinds of all of them.
 *
 * <p>Of rules one after the other that end packets, or send them back, halves are asked first which packets they may match: one rule
 * after the other would copy what is left, thousands of ranges, for each (on a set of 5000 rules, of which 1600 ask who the sender is,
 * 4.5 million ranges).
 */
final class DecidingPassage<K> {
  /** So many cubes are held against rules one by one. */
  private static final int FEW_CUBES = 16;

  private final Diagrams diagrams;
  private final SymbolicTable table;
  private final SymbolicChain base;
  private final Unknowns unknowns;
  private final BooleanSupplier goOn;
  private final Map<K, Map<Decision, Double>> shares = new LinkedHashMap<>();

  /**
   * @param diagrams for all that is made in between
   * @param goOn is asked at each rule; false interrupts
   */
  DecidingPassage(Diagrams diagrams, SymbolicTable table, SymbolicChain base, Unknowns unknowns, BooleanSupplier goOn) {
    this.diagrams = diagrams;
    this.goOn = goOn;
    diagrams.ask(goOn);
    this.table = table;
    this.base = base;
    this.unknowns = unknowns;
  }

  /** What decides on packets of each kind. To be asked once. */
  Deciding<K> of(Diagram<Set<K>> kinds) {
    try {
      Diagram<Set<K>> left = new Passing(base).through(diagrams.mapped(kinds, Function.identity()));
      if (!left.isNowhere()) {
        add(Optional.empty(), base, left);
      }
      return new Deciding<>(shares, true);
    } catch (Interrupted e) {
      return new Deciding<>(shares, false);
    }
  }

  private void add(Optional<SymbolicRule> rule, SymbolicChain chain, Diagram<Set<K>> packets) {
    Decision decision = new Decision(table.name(), chain, rule);
    Packets.shares(packets, unknowns.changed()).forEach((kinds, share) -> kinds.forEach(
        kind -> shares.computeIfAbsent(kind, k -> new LinkedHashMap<>()).merge(decision, share, Double::sum)));
  }

  private Set<K> or(Set<K> some, Set<K> others) {
    if (some.containsAll(others)) {
      return some;
    }
    Set<K> either = new HashSet<>(some);
    either.addAll(others);
    return Set.copyOf(either);
  }

  private Diagram<Set<K>> either(Diagram<Set<K>> some, Diagram<Set<K>> others) {
    return diagrams.joined(some, others, this::or);
  }

  private Diagram<Set<K>> freed(Diagram<Set<K>> packets, Set<Axis> axes) {
    Diagram<Set<K>> freed = packets;
    for (Axis axis : axes) {
      freed = diagrams.freed(freed, axis, this::or);
    }
    return freed;
  }

  private Diagram<Boolean> set(List<Cube> cubes) {
    return diagrams.of(cubes, true);
  }

  /**
   * Rules one after the other, each of which ends packets or sends them back.
   *
   * @param may packets that one of them may match
   * @param rule the only one; null for what two halves have
   */
  private record Run(Diagram<Boolean> may, SymbolicRule rule, Run first, Run second) {}

  private Run run(List<SymbolicRule> rules) {
    if (rules.size() == 1) {
      return new Run(set(rules.get(0).shape().may()), rules.get(0), null, null);
    }
    Run first = run(rules.subList(0, rules.size() / 2));
    Run second = run(rules.subList(rules.size() / 2, rules.size()));
    return new Run(diagrams.overlay(first.may(), second.may()), null, first, second);
  }

  /** One chain, once. */
  private final class Passing {
    private final SymbolicChain chain;
    private Diagram<Set<K>> back = diagrams.nowhere();

    Passing(SymbolicChain chain) {
      this.chain = chain;
    }

    /** @return the packets that return from the chain */
    Diagram<Set<K>> through(Diagram<Set<K>> packets) {
      List<SymbolicRule> rules = met(packets);
      Diagram<Set<K>> left = packets;
      int to;
      for (int from = 0; from < rules.size() && !left.isNowhere(); from = to) {
        to = from;
        while (to < rules.size() && isPlain(rules.get(to))) {
          to++;
        }
        if (to > from) {
          left = past(run(rules.subList(from, to)), left);
        } else {
          left = past(rules.get(to++), left);
        }
      }
      return either(back, left);
    }

    /** Rules that do something to packets which they may match. */
    private List<SymbolicRule> met(Diagram<Set<K>> packets) {
      List<Cube> near = unknowns.freed(Packets.near(packets, FEW_CUBES));
      List<SymbolicRule> met = new ArrayList<>();
      for (SymbolicRule rule : chain.rules()) {
        boolean idle = rule.effect().kind() == Effect.Kind.NEXT && Targets.isIdle(rule.rule().target());
        if (changesInIt(rule) || !idle && ChainDiagram.intersects(rule.shape().may(), near)) {
          met.add(rule);
        }
      }
      return met;
    }

    private boolean changesInIt(SymbolicRule rule) {
      return rule.shape().asked().stream().anyMatch(asked -> !asked.changes().isEmpty());
    }

    private boolean isPlain(SymbolicRule rule) {
      return !changesInIt(rule) && (Targets.isEnd(rule) || rule.effect().kind() == Effect.Kind.RETURN);
    }

    private Diagram<Set<K>> past(Run run, Diagram<Set<K>> packets) {
      goOn();
      Diagram<Set<K>> matching = diagrams.within(packets, run.may());
      if (matching.isNowhere()) {
        return packets;
      }
      Diagram<Set<K>> left;
      if (run.rule() == null) {
        left = past(run.second(), past(run.first(), matching));
      } else {
        if (Targets.isEnd(run.rule())) {
          add(Optional.of(run.rule()), chain, matching);
        } else {
          back = either(back, matching);
        }
        left = run.rule().shape().isCertain() ? diagrams.nowhere() : diagrams.without(matching, set(run.rule().shape().must()));
      }
      return diagrams.overlay(left, diagrams.without(packets, run.may()));
    }

    private Diagram<Set<K>> past(SymbolicRule rule, Diagram<Set<K>> packets) {
      goOn();
      Diagram<Set<K>> left = answered(rule, packets);
      Diagram<Set<K>> matching = diagrams.within(left, set(rule.shape().may()));
      if (matching.isNowhere()) {
        return left;
      }
      Diagram<Set<K>> onward = diagrams.nowhere();
      switch (rule.effect().kind()) {
        case END:
          add(Optional.of(rule), chain, matching);
          break;
        case RETURN:
          back = either(back, matching);
          break;
        case GOTO:
          back = either(back, new Passing(table.chain(rule.effect().chain())).through(matching));
          break;
        case JUMP:
          onward = new Passing(table.chain(rule.effect().chain())).through(matching);
          break;
        default:
          onward = behind(rule, matching);
      }
      return either(onward, diagrams.without(left, set(rule.shape().must())));
    }
  }

  /** With what packets may be that matches of the rule change. */
  private Diagram<Set<K>> answered(SymbolicRule rule, Diagram<Set<K>> packets) {
    Diagram<Set<K>> all = packets;
    for (Asked asked : rule.shape().asked()) {
      if (!asked.changes().isEmpty()) {
        all = either(all, freed(diagrams.within(all, set(asked.packets())), asked.changes()));
      }
    }
    return all;
  }

  /** The packets as the rule may leave them. */
  private Diagram<Set<K>> behind(SymbolicRule rule, Diagram<Set<K>> packets) {
    if (!(rule.rule().target() instanceof ExtensionTarget target) || Targets.isIdle(target)) {
      return packets;
    }
    if (MarkChange.isOfConnections(target)) {
      Diagram<Boolean> connected = set(List.of(MarkChange.connected(table.space())));
      return diagrams.overlay(
          changed(rule, target, diagrams.within(packets, connected)), diagrams.without(packets, connected));
    }
    return changed(rule, target, packets);
  }

  private Diagram<Set<K>> changed(SymbolicRule rule, ExtensionTarget target, Diagram<Set<K>> packets) {
    Optional<OctetChange> octet = OctetChange.of(target, table.space());
    if (octet.isPresent()) {
      return written(octet.get(), freed(packets, octet.get().answers(rule)));
    }
    Optional<List<MarkChange>> marks = MarkChange.of(target, table.space());
    Diagram<Set<K>> behind = marks.isEmpty() ? freed(packets, rule.changes())
        : freed(packets, MarkChange.answers(rule, table.space()));
    for (MarkChange change : marks.orElse(List.of())) {
      if (change.isConstant()) {
        behind = diagrams.within(diagrams.freed(behind, change.axis(), this::or), having(change.axis(), change.flip()));
      } else if (change.from().isPresent()) {
        behind = copied(change.axis(), change.from().get(), behind);
      } else {
        Diagram<Set<K>> all = diagrams.nowhere();
        for (long value = 0; value < change.values(); value++) {
          Diagram<Set<K>> one = diagrams.freed(diagrams.within(behind, having(change.axis(), value)), change.axis(), this::or);
          all = diagrams.overlay(diagrams.within(one, having(change.axis(), change.of(value))), all);
        }
        behind = all;
      }
    }
    return behind;
  }

  /** With another TTL or TOS. */
  private Diagram<Set<K>> written(OctetChange change, Diagram<Set<K>> packets) {
    Axis axis = change.axis();
    Diagram<Set<K>> all = diagrams.nowhere();
    for (ValueSet range : diagrams.ranges(packets, axis)) {
      Diagram<Set<K>> some = diagrams.freed(diagrams.within(packets, having(axis, range)), axis, this::or);
      all = either(all, diagrams.within(some, having(axis, change.after(range))));
    }
    return all;
  }

  /** With all that is like what may have been copied. */
  private Diagram<Set<K>> copied(Axis to, Axis from, Diagram<Set<K>> packets) {
    Diagram<Set<K>> all = diagrams.nowhere();
    for (ValueSet range : diagrams.ranges(packets, from)) {
      Diagram<Set<K>> some = diagrams.within(packets, having(from, range));
      all = diagrams.overlay(diagrams.within(diagrams.freed(some, to, this::or), having(to, range)), all);
    }
    return all;
  }

  private void goOn() {
    if (!goOn.getAsBoolean()) {
      throw new Interrupted();
    }
  }

  private Diagram<Boolean> having(Axis axis, long value) {
    return having(axis, ValueSet.of(value));
  }

  private Diagram<Boolean> having(Axis axis, ValueSet values) {
    return set(List.of(Cube.all().with(axis, values)));
  }
}
