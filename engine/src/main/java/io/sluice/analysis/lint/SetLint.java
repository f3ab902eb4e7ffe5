package io.sluice.analysis.lint;

import io.sluice.ipset.IpSet;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Sets that no packet is looked up in. */
final class SetLint {
  private final Host host;
  /** The rules that ask a set, a member of a list included. */
  private final Map<String, Set<Rule>> askedBy = new LinkedHashMap<>();

  SetLint(Host host) {
    this.host = host;
    if (host.sets().all().isEmpty()) {
      return;
    }
    for (Family family : Family.values()) {
      for (Table table : host.rules(family).tables()) {
        for (Chain chain : table.chains()) {
          for (Rule rule : chain.rules()) {
            for (String set : AskedSets.of(rule, host)) {
              askedBy.computeIfAbsent(set, k -> Collections.newSetFromMap(new IdentityHashMap<>())).add(rule);
            }
          }
        }
      }
    }
  }

  /** @param dead the rules to which no packet gets */
  List<Finding> findings(Set<Rule> dead) {
    List<Finding> findings = new ArrayList<>();
    for (IpSet set : host.sets().all()) {
      Set<Rule> rules = askedBy.getOrDefault(set.header().name(), Set.of());
      if (rules.isEmpty() || dead.containsAll(rules)) {
        findings.add(new Finding(Code.SET_NOT_CONSULTED, Severity.WARNING, Subject.set(set.header().name()),
            rules.isEmpty() ? "no rule asks it" : "only rules ask it that no packet gets to", List.of()));
      }
    }
    return findings;
  }
}
