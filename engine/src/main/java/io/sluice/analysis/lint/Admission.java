package io.sluice.analysis.lint;

import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Reach;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.pipeline.Outcome;
import io.sluice.ruleset.Field;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Which packets table filter lets through at a hook. */
final class Admission {
  /** Kinds of packets that are asked about before all may be let through. */
  private static final int MOST_PARTS = 64;

  private final TableLint filter;

  /**
   * Whether packets are let through.
   *
   * @param possible false: proven that none is
   * @param by a rule that lets one through; empty when it is the policy, or when it is not known
   */
  record Answered(boolean possible, Optional<SymbolicRule> by) {}

  Admission(TableLint filter) {
    this.filter = filter;
  }

  TableLint filter() {
    return filter;
  }

  private Optional<SymbolicChain> base(Hook hook) {
    return filter.table().baseChains().stream().filter(c -> c.base().orElseThrow().hook() == hook).findFirst();
  }

  /** Why no packet at all comes to the hook; empty when some may. */
  private Optional<String> closed(Hook hook) {
    return base(hook).flatMap(filter::closed);
  }

  /** Whether some of these packets are let through. */
  Answered admits(Hook hook, List<Cube> wanted) {
    Optional<SymbolicChain> base = base(hook);
    if (base.isEmpty()) {
      return new Answered(true, Optional.empty()); // no chain, no obstacle
    }
    List<Cube> packets = Cubes.and(filter.among(base.get()), wanted);
    boolean possible = false;
    for (SymbolicChain chain : filter.table().reachable(base.get())) {
      for (SymbolicRule rule : chain.rules()) {
        if (Decisions.admits(rule)) {
          Answer answer = ask(rule, base.get(), packets).answer();
          if (answer == Answer.REACHED) {
            return new Answered(true, Optional.of(rule));
          }
          possible |= answer == Answer.UNKNOWN;
        }
      }
    }
    if (base.get().base().orElseThrow().policy() == Verdict.ACCEPT) {
      possible |= filter.reachability().decidePolicy(base.get(), packets, null).answer() != Answer.NEVER;
    }
    return new Answered(possible, Optional.empty());
  }

  /** A packet of these that the rule lets through at the hook; empty when there is none, or none is known. */
  Optional<Point> admitted(Hook hook, SymbolicRule rule, List<Cube> wanted) {
    return admitted(hook, Optional.of(rule), wanted);
  }

  /** As {@link #admitted(Hook, SymbolicRule, List)}; without a rule it is the policy that lets it through. */
  Optional<Point> admitted(Hook hook, Optional<SymbolicRule> rule, List<Cube> wanted) {
    Optional<SymbolicChain> base = base(hook);
    if (base.isEmpty() || rule.isEmpty() && base.get().base().orElseThrow().policy() != Verdict.ACCEPT) {
      return Optional.empty();
    }
    List<Cube> packets = Cubes.and(filter.among(base.get()), wanted);
    Reach reach = rule.map(by -> ask(by, base.get(), packets)).orElseGet(() -> packets.isEmpty() ? Reach.never(List.of())
        : filter.reachability().decidePolicy(base.get(), packets, null));
    return reach.answer() == Answer.REACHED ? Optional.of(reach.packet()) : Optional.empty();
  }

  /** The ports, or numbers in whatever axis, of those packets that may be let through at the hook; all where that is not known. */
  ValueSet ports(Hook hook, List<Cube> wanted, Axis port) {
    ValueSet found = ValueSet.none();
    List<Cube> rest = wanted;
    for (int part = 0; part < MOST_PARTS; part++) {
      if (rest.isEmpty() || !admits(hook, rest).possible()) {
        return found;
      }
      List<Cube> asked = rest;
      Optional<ValueSet> alike = Stream.concat(Stream.of(Optional.<SymbolicRule>empty()), admitting(hook).stream().map(Optional::of))
          .flatMap(by -> admitted(hook, by, asked).stream()).findFirst().flatMap(packet -> Optional.ofNullable(alike(hook, packet).values(port)));
      if (alike.isEmpty()) {
        break;
      }
      found = ValueSet.union(List.of(found, alike.get()));
      rest = Cubes.and(rest, List.of(Cube.all().with(port, alike.get().complement(port.bits()))));
    }
    return ValueSet.none().complement(port.bits());
  }

  /** The rules that may let packets through at the hook. */
  List<SymbolicRule> admitting(Hook hook) {
    return base(hook).stream().flatMap(base -> filter.table().reachable(base).stream()).flatMap(chain -> chain.rules().stream())
        .filter(Decisions::admits).toList();
  }

  /** The packets that fare at the hook as this one does, by the same rules. */
  Cube alike(Hook hook, Point packet) {
    return new ChainProbe(filter.table(), base(hook).orElseThrow()).needed(packet, Cube.all()).cube();
  }

  /** What stops these packets, each some of them: a rule, if there is one, and the policy where whole packets come to it. */
  List<Subject> stops(Hook hook, List<Cube> wanted) {
    SymbolicChain base = base(hook).orElseThrow();
    Cube whole = Cube.all().with(filter.table().space().axis(Field.FRAGMENT), ValueSet.of(Space.REGULAR));
    List<Cube> packets = Cubes.and(Cubes.and(filter.among(base), wanted), List.of(whole));
    Stream<Subject> rule = filter.table().reachable(base).stream().flatMap(chain -> chain.rules().stream())
        .filter(r -> Decisions.decides(r) && !Decisions.admits(r) && ask(r, base, packets).answer() == Answer.REACHED)
        .findFirst().map(r -> subject(hook, Optional.of(r))).stream();
    Stream<Subject> policy = comesToPolicy(base, packets) ? Stream.of(subject(hook, Optional.empty())) : Stream.of();
    return Stream.concat(rule, policy).toList();
  }

  /** What else stops packets at the hook that no rule of the table does. */
  String stopsWithoutRule(Hook hook, List<Cube> wanted) {
    SymbolicChain base = base(hook).orElseThrow();
    return closed(hook).orElse(comesToPolicy(base, Cubes.and(filter.among(base), wanted))
        ? "the policy of filter " + hook + " stops them" : "they do not come to filter " + hook);
  }

  private boolean comesToPolicy(SymbolicChain base, List<Cube> packets) {
    return !packets.isEmpty() && filter.reachability().decidePolicy(base, packets, null).answer() != Answer.NEVER;
  }

  /** Whether it is the rule that let what was played through, or without one the policy. */
  boolean isBy(Outcome outcome, Optional<SymbolicRule> rule) {
    return outcome.rule().map(RulePlace::of).equals(rule.map(by -> Names.place(filter.table(), by)));
  }

  /** What the rule is called, or without one the policy of the hook's chain. */
  Subject subject(Hook hook, Optional<SymbolicRule> rule) {
    return rule.map(by -> Names.of(filter.table(), by)).orElseGet(() ->
        Subject.policy(filter.table().space().family(), filter.table().name(), base(hook).orElseThrow().chain()));
  }

  private Reach ask(SymbolicRule rule, SymbolicChain base, List<Cube> packets) {
    return Cubes.and(packets, rule.shape().may()).isEmpty() ? Reach.never(List.of())
        : filter.reachability().decide(rule, base, packets, r -> true);
  }
}
