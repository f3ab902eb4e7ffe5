package io.sluice.analysis.lint;

import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.space.Space;
import io.sluice.ipset.CounterTest;
import io.sluice.ipset.IpSet;
import io.sluice.ipset.SetQuery;
import io.sluice.ipset.SetType;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the rules of one family ask of ipsets. Made before their tables are: what a rule asks may add axes to the space. */
final class SetAsks {

  /**
   * A set that a rule asks.
   *
   * @param beside the packets for which it asks: that meet all its conditions before this one
   * @param mayMiss whether a packet may be found in the set that the rule does not match
   * @param test false for a target, which may do something else than test
   */
  record Ask(SetQuery query, RuleShape beside, boolean mayMiss, boolean test) {}

  private final Space space;
  private final Host host;
  private final Map<Rule, List<Ask>> asks = new IdentityHashMap<>();
  private final Map<String, Boolean> exceptions = new HashMap<>();

  SetAsks(Space space, Host host) {
    this.space = space;
    this.host = host;
    if (!host.sets().all().isEmpty()) {
      host.rules(space.family()).rules().forEach(this::add);
    }
  }

  /** What the rule asks: one for each match, then what its target does. */
  List<Ask> of(Rule rule) {
    return asks.getOrDefault(rule, List.of());
  }

  /** All sets that some rule asks, lists' members included. */
  Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    asks.values().forEach(all -> all.forEach(ask -> {
      names.add(ask.query().set());
      names.addAll(members(ask.query().set()));
    }));
    return names;
  }

  /** The members of a list of sets, in order; none of other sets. */
  List<String> members(String name) {
    List<String> names = new ArrayList<>();
    host.sets().set(name).filter(set -> set.header().type() == SetType.LIST_SET)
        .ifPresent(list -> list.forEach(member -> names.add(member.name)));
    return names;
  }

  private void add(Rule rule) {
    List<Ask> all = new ArrayList<>();
    for (int i = 0; i < rule.matches().size(); i++) {
      Constraint constraint = rule.matches().get(i).constraint();
      boolean inverted = constraint instanceof Constraint.Not;
      if ((inverted ? ((Constraint.Not) constraint).inner() : constraint) instanceof Constraint.InSet inSet) {
        all.add(new Ask(inSet.query(), space.shape(before(rule, i), host),
            inverted || i < rule.matches().size() - 1 || mayMiss(inSet.query()), true));
      }
    }
    if (rule.target() instanceof ExtensionTarget target) {
      target.sets().forEach(query -> all.add(new Ask(query, space.shape(rule, host), false, false)));
    }
    if (!all.isEmpty()) {
      asks.put(rule, List.copyOf(all));
    }
  }

  /** A packet is asked for one condition after the other, until it does not meet one: a set's counters tell. */
  private static Rule before(Rule rule, int match) {
    return new Rule(rule.ip(), rule.matches().subList(0, match), rule.target(), rule.counters(), rule.location());
  }

  private boolean mayMiss(SetQuery query) {
    return query.returnNomatch() || query.packets().operation() != CounterTest.Operation.NONE
        || query.bytes().operation() != CounterTest.Operation.NONE || hasExceptions(query.set());
  }

  private boolean hasExceptions(String name) {
    Boolean known = exceptions.get(name);
    if (known == null) {
      boolean[] found = {false};
      host.sets().set(name).map(IpSet::header).filter(header -> header.type().hasNomatch())
          .ifPresent(header -> host.sets().set(name).get().forEach(e -> found[0] |= e.nomatch));
      known = found[0] || members(name).stream().anyMatch(this::hasExceptions);
      exceptions.put(name, known);
    }
    return known;
  }
}
