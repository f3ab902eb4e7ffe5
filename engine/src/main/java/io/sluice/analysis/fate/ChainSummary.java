package io.sluice.analysis.fate;

import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What one chain makes of packets that are seen alike at it. */
public final class ChainSummary {
  /** They get to the end of a user chain. */
  static final Fate RETURN = end("RETURN");
  /** The verdict of those that get to the end of a base chain, or of a user chain, in {@link #byRule}. */
  static final String THROUGH_VERDICT = "";
  private static final Fate THROUGH = end(THROUGH_VERDICT);

  private final SymbolicTable table;
  private final SymbolicChain chain;
  private final List<SymbolicRule> ends;
  private final Diagram<Fate> byRule;
  private final Diagram<Fate> fates;

  /**
   * @param ends rules that end packets
   * @param byRule of packets as they set out: with the place in {@code ends} of the rule that ends them for verdict, and {@link
   *     #THROUGH}
   */
  ChainSummary(Diagrams diagrams, SymbolicTable table, SymbolicChain chain, List<SymbolicRule> ends, Diagram<Fate> byRule) {
    this.table = table;
    this.chain = chain;
    this.ends = ends;
    this.byRule = diagrams.mapped(byRule, fate -> fate);
    this.fates = diagrams.mapped(byRule, this::spelled);
  }

  static Fate end(String verdict) {
    return new Fate.End(verdict, List.of(), List.of());
  }

  private Fate spelled(Fate fate) {
    if (fate instanceof Fate.Choice choice) {
      return Fate.Choice.of(choice.question(), spelled(choice.yes()), spelled(choice.no()));
    }
    if (!(fate instanceof Fate.End end)) {
      return fate;
    }
    return !fate.equals(THROUGH) ? end(ChainProbe.verdict(rule(end).rule()))
        : chain.base().map(base -> end(base.policy().name())).orElse(RETURN);
  }

  private SymbolicRule rule(Fate.End end) {
    return ends.get(Integer.parseInt(end.verdict()));
  }

  /** What becomes of packets as they set out: verdicts, and {@link #RETURN}. */
  Diagram<Fate> fates() {
    return fates;
  }

  /** Whether of some of the packets it could not be found out. */
  boolean isOpen() {
    return fates.leaves().stream().anyMatch(Fate::isUndecided);
  }

  /** A rule that ends packets with this verdict, or the policy. */
  Decision one(String verdict) {
    return decision(ends.stream().filter(rule -> ChainProbe.verdict(rule.rule()).equals(verdict)).findFirst());
  }

  private Decision decision(Optional<SymbolicRule> rule) {
    return new Decision(table.name(), rule.map(SymbolicRule::chain).orElse(chain), rule);
  }

  /** What decides on some of these packets, or may. */
  public Set<Decision> deciding(Diagrams diagrams, Diagram<Boolean> packets) {
    boolean through = false;
    Set<Integer> rules = new TreeSet<>();
    for (Fate fate : diagrams.leaves(byRule, packets)) {
      for (Fate outcome : fate.outcomes().toList()) {
        through |= outcome.equals(THROUGH);
        if (!outcome.equals(THROUGH)) {
          rules.add(Integer.parseInt(((Fate.End) outcome).verdict()));
        }
      }
    }
    Set<Decision> deciding = new LinkedHashSet<>();
    rules.forEach(rule -> deciding.add(decision(Optional.of(ends.get(rule)))));
    if (through && chain.base().isPresent()) {
      deciding.add(decision(Optional.empty()));
    }
    return deciding;
  }
}
