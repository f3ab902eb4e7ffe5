package io.sluice.analysis.witness;

import io.sluice.host.Routing;
import io.sluice.ipset.SetQuery;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.HeaderHint;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import io.sluice.ruleset.Target;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Who calls which chain, and what the rules on the way to a rule ask of a packet together. */
final class Callers {
  private static final int MOST_PATHS = 8;
  private static final int MOST_ALTERNATIVES = 8;
  private static final int MOST_DEPTH = 64;
  private static final int MOST_SEARCHED = 10_000;

  /**
   * What the rules from a base chain down to a rule ask for.
   *
   * @param chains those that the way leads through
   * @param lists those of {@code -m recent}, and sets, in which packets must have been entered
   */
  record Path(BaseChain base, Wishes wishes, Set<String> chains, Set<String> lists) {}

  private record Call(Chain chain, Rule rule) {}

  private record Reached(Chain chain, List<Rule> below, Set<String> chains) {}

  /** By table: for each chain, the rules that jump or go there. */
  private final Map<String, Map<String, List<Call>>> calls = new HashMap<>();
  /** By table: the chains by their names. */
  private final Map<String, Map<String, Chain>> chains = new HashMap<>();
  private final RuleSet rules;
  private final Routing routing;

  Callers(Host host, Family family) {
    rules = host.rules(family);
    routing = host.network().routing();
    for (Table table : rules.tables()) {
      Map<String, List<Call>> own = new HashMap<>();
      Map<String, Chain> named = new HashMap<>();
      for (Chain chain : table.chains()) {
        named.put(chain.name(), chain);
        for (Rule rule : chain.rules()) {
          callee(rule).ifPresent(name -> own.computeIfAbsent(name, n -> new ArrayList<>()).add(new Call(chain, rule)));
        }
      }
      calls.put(table.name(), own);
      chains.put(table.name(), named);
    }
  }

  private static Optional<String> callee(Rule rule) {
    return rule.target() instanceof Target.Jump jump ? Optional.of(jump.chain())
        : rule.target() instanceof Target.Goto go ? Optional.of(go.chain()) : Optional.empty();
  }

  /** The ways from base chains to a rule, the shortest first; not all where there are many. */
  List<Path> paths(RulePlace place) {
    Chain home = chains.get(place.table()).get(place.chain());
    Map<String, List<Call>> callers = calls.get(place.table());
    Deque<Reached> open = new ArrayDeque<>(List.of(new Reached(home, List.of(home.rules().get(place.number() - 1)), Set.of(home.name()))));
    List<Path> paths = new ArrayList<>();
    int searched = 0;
    while (!open.isEmpty() && paths.size() < MOST_PATHS && searched++ < MOST_SEARCHED) {
      Reached at = open.poll();
      if (at.chain().base().isPresent()) {
        Set<String> lists = at.below().stream().flatMap(Callers::asked).collect(Collectors.toSet());
        for (Wishes wishes : wishes(at.below())) {
          paths.add(new Path(at.chain().base().get(), wishes, at.chains(), lists));
        }
      }
      for (Call call : callers.getOrDefault(at.chain().name(), List.of())) {
        if (at.below().size() < MOST_DEPTH && open.size() < MOST_SEARCHED) {
          List<Rule> below = new ArrayList<>(at.below());
          below.add(call.rule());
          Set<String> chains = new HashSet<>(at.chains());
          chains.add(call.chain().name());
          open.add(new Reached(call.chain(), below, chains));
        }
      }
    }
    return paths;
  }

  /** The lists, and the sets, in which the rule asks a packet to have been entered. */
  private static Stream<String> asked(Rule rule) {
    return rule.matches().stream().flatMap(match ->
        match.constraint() instanceof Constraint.InSet in ? Stream.of(set(in.query())) : match.needs().stream());
  }

  /** The lists, and the sets, in which the rule may enter packets. */
  private static Stream<String> filled(Rule rule) {
    Stream<String> sets = rule.target() instanceof ExtensionTarget target ? target.sets().stream().map(Callers::set) : Stream.empty();
    return Stream.concat(sets, rule.matches().stream().flatMap(match -> match.fills().stream()));
  }

  private static String set(SetQuery query) {
    return "set " + query.set();
  }

  private List<Wishes> wishes(List<Rule> together) {
    List<Wishes> all = List.of(new Wishes());
    for (Rule rule : together) {
      for (Wishes wishes : all) {
        wishes.add(rule.ip());
      }
      for (Match match : rule.matches()) {
        all = Wishes.add(all, match.constraint(), false, MOST_ALTERNATIVES, routing);
        all = withHeaders(all, match.exampleHeaders());
      }
    }
    return all;
  }

  /** @param examples headers that go together, or of one kind, of which one is wanted */
  private static List<Wishes> withHeaders(List<Wishes> alternatives, List<HeaderHint> examples) {
    if (examples.stream().map(HeaderHint::number).distinct().count() != 1) {
      alternatives.forEach(wishes -> examples.forEach(wishes::add));
      return alternatives;
    }
    return examples.stream().flatMap(example -> alternatives.stream().map(wishes -> wishes.with(example))).limit(MOST_ALTERNATIVES).toList();
  }

  /** Every rule of the family with a target that acts, in order. */
  List<RulePlace> acting(Predicate<ExtensionTarget> targets) {
    return all(rule -> rule.target() instanceof ExtensionTarget target && targets.test(target));
  }

  /** Every rule of the family that may enter packets in one of these lists, in order. */
  List<RulePlace> filling(Set<String> lists) {
    return lists.isEmpty() ? List.of() : all(rule -> filled(rule).anyMatch(lists::contains));
  }

  /** Every rule of the family that enters addresses where one is missing, in order. */
  List<RulePlace> entering(Missing missing) {
    return all(rule -> missing.enteredBy(rule).isPresent());
  }

  private List<RulePlace> all(Predicate<Rule> which) {
    List<RulePlace> found = new ArrayList<>();
    for (Table table : rules.tables()) {
      for (Chain chain : table.chains()) {
        for (int i = 0; i < chain.rules().size(); i++) {
          if (which.test(chain.rules().get(i))) {
            found.add(new RulePlace(rules.family(), table.name(), chain.name(), i + 1));
          }
        }
      }
    }
    return found;
  }

  /** Whether packets of a hook have been at the other before. */
  static boolean isBefore(Hook earlier, Hook later) {
    switch (earlier) {
      case PREROUTING:
        return later != Hook.OUTPUT;
      case OUTPUT:
        return true;
      default:
        return earlier == later || later == Hook.POSTROUTING && earlier == Hook.FORWARD;
    }
  }
}
