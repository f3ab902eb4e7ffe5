package io.sluice.ruleset;

import java.util.List;
import java.util.Optional;

/** A table: its chains in the order in which {@code iptables-save} prints them. */
public record Table(String name, List<Chain> chains) {
  public Table {
    chains = List.copyOf(chains);
  }

  public Optional<Chain> chain(String chainName) {
    return chains.stream().filter(c -> c.name().equals(chainName)).findFirst();
  }
}
