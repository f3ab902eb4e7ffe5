package io.sluice.ruleset;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All tables of one family that are loaded, in the order in which {@code iptables-save} prints them. Immutable. */
public record RuleSet(Family family, Backend backend, List<Table> tables) {
  public RuleSet {
    tables = List.copyOf(tables);
  }

  /** No table at all: what a fresh network namespace has. */
  public static RuleSet empty(Family family) {
    return new RuleSet(family, Backend.LEGACY, List.of());
  }

  public Optional<Table> table(String name) {
    return tables.stream().filter(t -> t.name().equals(name)).findFirst();
  }

  /** The rules of all chains of all tables, in their order. */
  public Stream<Rule> rules() {
    return tables.stream().flatMap(table -> table.chains().stream()).flatMap(chain -> chain.rules().stream());
  }
}
