package io.sluice.analysis.lint;

import io.sluice.ipset.SetType;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleWriter;
import io.sluice.ruleset.Target;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The address sets that a rule asks, adds to or takes something from; with a list of sets, its members. */
final class AskedSets {
  private final Host host;
  private final Set<String> names = new LinkedHashSet<>();

  private AskedSets(Host host) {
    this.host = host;
  }

  static Set<String> of(Rule rule, Host host) {
    Set<String> names = new LinkedHashSet<>(of(rule.target(), host));
    rule.matches().forEach(match -> names.addAll(of(match.constraint(), host)));
    return names;
  }

  static Set<String> of(Constraint constraint, Host host) {
    AskedSets asked = new AskedSets(host);
    constraint.leaves(asked::add);
    return asked.names;
  }

  static Set<String> of(Target target, Host host) {
    AskedSets asked = new AskedSets(host);
    if (target instanceof ExtensionTarget extension && extension.name().equals("SET")) {
      RuleWriter words = new RuleWriter();
      extension.print(words);
      List.of(words.toString().split(" ")).forEach(asked::add);
    }
    return asked.names;
  }

  private void add(Constraint constraint) {
    if (constraint instanceof Constraint.InSet inSet) {
      add(inSet.query().set());
    }
  }

  private void add(String set) {
    if (names.add(set)) {
      host.sets().set(set).filter(s -> s.header().type() == SetType.LIST_SET)
          .ifPresent(list -> list.forEach(member -> add(member.name)));
    }
  }
}
