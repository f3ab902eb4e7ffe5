package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.netfilter.Family;
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
import java.util.function.IntPredicate;

/**
 * Compares the rules of two hosts, one base chain after the other, for all packets in every state.
 *
 * <p>Two hosts whose base chains are all equivalent treat every packet alike as far as rules go; what their networks (routes,
 * addresses, knobs) do to it is not compared here, only what matches ask of them ({@code addrtype}, {@code rpfilter}).
 */
public final class HostDiff {
  private final Host a;
  private final Host b;

  private HostDiff(Host a, Host b) {
    this.a = a;
    this.b = b;
  }

  public static HostDiff of(Host a, Host b) {
    return new HostDiff(a, b);
  }

  /**
   * The base chains of a family that either host has, with what differs: also those in which nothing does.
   *
   * @param goOn is told how many cubes of a chain were compared; false interrupts
   */
  public List<HookDifference> compare(Family family, IntPredicate goOn) {
    Space space = Space.of(List.of(a, b), family);
    Set<String> names = new LinkedHashSet<>();
    for (Host host : List.of(a, b)) {
      host.rules(family).tables().forEach(table -> names.add(table.name()));
    }
    List<HookDifference> differences = new ArrayList<>();
    for (String name : names) {
      Optional<Table> inA = a.rules(family).table(name);
      Optional<Table> inB = b.rules(family).table(name);
      SymbolicTable tableA = SymbolicTable.of(space, a, inA.orElseGet(() -> accepting(inB.orElseThrow())));
      SymbolicTable tableB = SymbolicTable.of(space, b, inB.orElseGet(() -> accepting(inA.orElseThrow())));
      for (SymbolicChain chain : tableA.baseChains()) {
        tableB.find(chain.name()).filter(other -> other.base().isPresent())
            .ifPresent(other -> differences.add(compare(space, tableA, chain, tableB, other, goOn)));
      }
    }
    return differences;
  }

  private static HookDifference compare(
      Space space, SymbolicTable a, SymbolicChain chainA, SymbolicTable b, SymbolicChain chainB, IntPredicate goOn) {
    BaseChain base = chainA.base().orElseThrow();
    Cube universe = HookPackets.at(base.hook(), space);
    List<Cube> changed = ChangedRules.cubes(a, chainA, b, chainB);
    Comparison.Result result = new Comparison(space, universe, new ChainProbe(a, chainA), new ChainProbe(b, chainB))
        .compare(changed, goOn);
    return new HookDifference(space, a.name(), chainA.name(), base.hook(), universe, result.regions(), result.left());
  }

  /** What a table that is not loaded does: it lets everything pass. */
  private static Table accepting(Table like) {
    List<Chain> chains = new ArrayList<>();
    for (Chain chain : like.chains()) {
      chain.base().ifPresent(base -> chains.add(new Chain(chain.name(),
          Optional.of(new BaseChain(base.hook(), base.priority(), base.nat(), io.sluice.netfilter.Verdict.ACCEPT)),
          Counters.ZERO, List.of(), new SourceLocation("(table " + like.name() + " is not loaded)", 0))));
    }
    return new Table(like.name(), chains);
  }
}
