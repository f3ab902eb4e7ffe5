package io.sluice.text;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.SourceLocation;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A table that is being edited. It always has all its built-in chains. */
final class EditTable {
  final String name;
  private final Map<String, EditChain> chains = new LinkedHashMap<>();
  /** Null where there was none. */
  private final Table before;

  private EditTable(String name, Table before) {
    this.name = name;
    this.before = before;
  }

  /** A table as the kernel makes it: empty built-in chains with policy ACCEPT. */
  static EditTable fresh(String name, Backend backend, SourceLocation location) {
    EditTable table = new EditTable(name, null);
    for (Hook hook : BuiltinTables.hooks(name)) {
      table.put(new EditChain(hook.name(), BuiltinTables.chain(name, hook.name(), backend), location));
    }
    return table;
  }

  static EditTable of(Table table) {
    EditTable edit = new EditTable(table.name(), table);
    for (Chain chain : table.chains()) {
      edit.put(EditChain.of(chain));
    }
    return edit;
  }

  Optional<EditChain> chain(String chainName) {
    return Optional.ofNullable(chains.get(chainName));
  }

  List<EditChain> chains() {
    return List.copyOf(chains.values());
  }

  Collection<String> chainNames() {
    return Collections.unmodifiableSet(chains.keySet());
  }

  /** Adds a chain, or puts it in the place of the one that has its name. */
  void put(EditChain chain) {
    chains.put(chain.name, chain);
  }

  void remove(String chainName) {
    chains.remove(chainName);
  }

  /** How many rules jump or go to each chain that is called at all. */
  Map<String, Long> references() {
    return chains.values().stream().flatMap(c -> c.rules.stream()).map(EditRule::calls).filter(c -> c != null)
        .collect(Collectors.groupingBy(c -> c, Collectors.counting()));
  }

  /** iptables-restore's beginning of a table: no rules, no user chains; policies stay. */
  void flush() {
    chains.values().removeIf(c -> !c.isBuiltin());
    chains.values().forEach(c -> c.rules.clear());
  }

  void zeroPolicies() {
    chains.values().forEach(c -> c.counters = Counters.ZERO);
  }

  /**
   * Built-in chains first, in the order of their hooks, then user chains in strcmp() order: iptc_insert_chain(). The very table
   * that there was if nothing in it has changed.
   */
  Table toTable() {
    if (before != null && isAsBefore()) {
      return before;
    }
    List<Chain> list = new ArrayList<>();
    chains.values().stream().filter(EditChain::isBuiltin).forEach(c -> list.add(c.toChain()));
    chains.values().stream().filter(c -> !c.isBuiltin())
        .sorted((a, b) -> compare(a.name, b.name)).forEach(c -> list.add(c.toChain()));
    return new Table(name, list);
  }

  private boolean isAsBefore() {
    Iterator<Chain> then = before.chains().iterator();
    for (EditChain chain : chains.values()) {
      if (!then.hasNext() || chain.toChain() != then.next()) {
        return false;
      }
    }
    return !then.hasNext();
  }

  private static int compare(String a, String b) {
    return Arrays.compareUnsigned(TextBytes.encode(a), TextBytes.encode(b));
  }
}
