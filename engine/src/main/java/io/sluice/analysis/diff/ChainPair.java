package io.sluice.analysis.diff;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.SourceLocation;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * The base chain of one name in two hosts.
 *
 * @param changed packets, as the chain sees them, outside which both treat all alike
 */
record ChainPair(SymbolicTable tableA, SymbolicChain chainA, SymbolicTable tableB, SymbolicChain chainB, List<Cube> changed) {

  /**
   * All base chains that either host has; a host lets everything pass at those that it has not.
   *
   * @param goOn is asked at each rule
   * @throws io.sluice.analysis.space.Interrupted when it is not to go on
   */
  static List<ChainPair> all(Space space, Host a, Host b, BooleanSupplier goOn) {
    Family family = space.family();
    Set<String> names = new LinkedHashSet<>();
    for (Host host : List.of(a, b)) {
      host.rules(family).tables().forEach(table -> names.add(table.name()));
    }
    List<ChainPair> pairs = new ArrayList<>();
    for (String name : names) {
      Optional<Table> inA = a.rules(family).table(name);
      Optional<Table> inB = b.rules(family).table(name);
      SymbolicTable tableA = SymbolicTable.of(space, a, completed(name, inA, inB), goOn);
      SymbolicTable tableB = SymbolicTable.of(space, b, completed(name, inB, inA), goOn);
      for (SymbolicChain chain : tableA.baseChains()) {
        tableB.find(chain.name()).filter(other -> other.base().isPresent())
            .ifPresent(other -> pairs.add(
                new ChainPair(tableA, chain, tableB, other, ChangedRules.cubes(tableA, chain, tableB, other, goOn))));
      }
    }
    return pairs;
  }

  Hook hook() {
    return chainA.base().orElseThrow().hook();
  }

  /** With the base chains that only the other host's table has, empty. */
  private static Table completed(String name, Optional<Table> table, Optional<Table> other) {
    List<Chain> chains = new ArrayList<>(table.map(Table::chains).orElse(List.of()));
    Set<String> known = new LinkedHashSet<>();
    chains.forEach(chain -> known.add(chain.name()));
    for (Chain chain : other.map(Table::chains).orElse(List.of())) {
      if (chain.base().isPresent() && known.add(chain.name())) {
        BaseChain base = chain.base().get();
        chains.add(new Chain(chain.name(), Optional.of(new BaseChain(base.hook(), base.priority(), base.nat(), Verdict.ACCEPT)),
            Counters.ZERO, List.of(), new SourceLocation("not loaded", 0)));
      }
    }
    return new Table(name, chains);
  }
}
