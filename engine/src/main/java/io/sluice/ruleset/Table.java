package io.sluice.ruleset;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A table: its chains in the order in which {@code iptables-save} prints them. */
public final class Table {
  private final String name;
  private final List<Chain> chains;
  /** Made when a chain is first asked for: there may be tens of thousands, and a table is made anew with every edit. */
  private volatile Map<String, Chain> byName;

  public Table(String name, List<Chain> chains) {
    this.name = name;
    this.chains = List.copyOf(chains);
  }

  public String name() {
    return name;
  }

  public List<Chain> chains() {
    return chains;
  }

  public Optional<Chain> chain(String chainName) {
    Map<String, Chain> known = byName;
    if (known == null) {
      known = new HashMap<>();
      for (Chain chain : chains) {
        known.putIfAbsent(chain.name(), chain);
      }
      byName = known;
    }
    return Optional.ofNullable(known.get(chainName));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Table table && name.equals(table.name) && chains.equals(table.chains);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + chains.hashCode();
  }

  @Override
  public String toString() {
    return "table " + name + " " + chains;
  }
}
