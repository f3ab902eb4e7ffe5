package io.sluice.analysis.lint;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.ipset.IpSet;
import io.sluice.ipset.SetQuery;
import io.sluice.ipset.SetType;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Entries of address sets for which no packet gets to a rule that asks for them. */
final class EntryLint {
  /** Entries of larger sets are not looked at one by one. */
  private static final int MAX_ENTRIES = 1_000;

  private final Host host;
  /** By set: its entries, and whether some packet is looked up and found there. */
  private final Map<String, Map<String, Boolean>> consulted = new LinkedHashMap<>();
  /** Sets that are asked in some other way, of which nothing can be said. */
  private final Set<String> unclear = new HashSet<>();
  private final Set<String> unsought = new LinkedHashSet<>();
  private final boolean none;

  EntryLint(Host host) {
    this.host = host;
    this.none = host.sets().all().isEmpty();
  }

  /** Notes what a rule asks to which packets get. */
  void add(TableLint lint, SymbolicRule rule) {
    if (none) {
      return;
    }
    unclear.addAll(AskedSets.of(rule.rule().target(), host));
    for (Match match : rule.rule().matches()) {
      if (match.constraint() instanceof Constraint.InSet inSet) {
        add(lint, rule, inSet.query());
      } else {
        unclear.addAll(AskedSets.of(match.constraint(), host));
      }
    }
  }

  /** Notes what a rule asks of which it is not known whether packets get there. */
  void doubt(SymbolicRule rule) {
    unclear.addAll(AskedSets.of(rule.rule(), host));
  }

  private void add(TableLint lint, SymbolicRule rule, SetQuery query) {
    Optional<IpSet> set = host.sets().set(query.set());
    if (set.isPresent() && set.get().header().type() == SetType.LIST_SET) {
      set.get().forEach(member -> add(lint, rule, query.of(member.name)));
      return;
    }
    Map<String, Cube> elements = lint.table().space().elements(query, host);
    if (elements.isEmpty() || elements.size() > MAX_ENTRIES) {
      unclear.add(query.set());
      if (!elements.isEmpty()) {
        unsought.add(Code.ENTRY_NOT_CONSULTED.id() + " in set " + query.set() + ": it has " + elements.size() + " entries, more than "
            + MAX_ENTRIES);
      }
      return;
    }
    Map<String, Boolean> known = consulted.computeIfAbsent(query.set(), k -> new HashMap<>());
    elements.forEach((entry, cube) -> {
      if (!known.getOrDefault(entry, false)) {
        known.put(entry, isReached(lint, rule, cube));
      }
    });
  }

  private static boolean isReached(TableLint lint, SymbolicRule rule, Cube entry) {
    for (SymbolicChain base : lint.bases(rule.chain())) {
      List<Cube> packets = Cubes.and(lint.among(base), List.of(entry));
      if (lint.reachability().decide(rule, base, packets, reach -> true).answer() != Answer.NEVER) {
        return true;
      }
    }
    return false;
  }

  /** What is not looked for in sets that are too large. */
  Set<String> unsought() {
    return unsought;
  }

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    consulted.forEach((set, entries) -> entries.forEach((entry, found) -> {
      if (!found && !unclear.contains(set)) {
        findings.add(new Finding(Code.ENTRY_NOT_CONSULTED, Severity.NOTE, Subject.entry(set, entry),
            "no packet that it is about gets to a rule that asks the set", List.of()));
      }
    }));
    return findings;
  }
}
