package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * What long chains make of packets that set out, of all of them at once, so that a packet need not be held against their rules, and
 * those that fare alike are told from others by how they fare, not by each rule that they pass:
 *
 * <pre>
 *   chain of 48 rules or more, none of which, nor of those called there, changes packets
 *   packets that are seen the same way at it:   one ChainDiagram, of packets as they set out
 *   END                                         the chain's verdict, of whatever rule
 *   RETURN                                      they get to the chain's end
 * </pre>
 *
 * A chain that mostly calls others is gone through: what these make of packets need not be known again for each way that leads
 * there.
 */
public final class ChainSummaries {
  /** Chains with fewer rules, or fewer than those called there have, are gone through rule by rule. */
  public static final int LONG = 48;
  /** Of one chain so many are made, which may be seen in so many ways. */
  private static final int MOST = 256;
  /** A chain that can be told of. */
  private static final class Chain {
    /** Those that its rules look at. */
    final Set<Axis> axes = new LinkedHashSet<>();
    /** Its rules that end packets, and those called there. */
    final List<SymbolicRule> ends = new ArrayList<>();
    final Map<List<Object>, Optional<ChainSummary>> summaries = new HashMap<>();
  }

  private final Space space;
  private final Diagrams diagrams;
  private final List<Cube> firsts;
  private final int least;
  private final BooleanSupplier goOn;
  /** Empty for those of which nothing is told. */
  private final Map<SymbolicChain, Optional<Chain>> chains = new HashMap<>();

  /**
   * @param diagrams those that packets are told apart with
   * @param firsts packets that set out
   * @param goOn is asked at each rule; false interrupts
   */
  public ChainSummaries(Space space, Diagrams diagrams, List<Cube> firsts, BooleanSupplier goOn) {
    this(space, diagrams, firsts, LONG, goOn);
  }

  /** @param least how many rules chains have of which it is told */
  public ChainSummaries(Space space, Diagrams diagrams, List<Cube> firsts, int least, BooleanSupplier goOn) {
    this.space = space;
    this.diagrams = diagrams;
    this.firsts = List.copyOf(firsts);
    this.least = least;
    this.goOn = goOn;
  }

  /**
   * What the chain makes of packets that are seen so; empty where it is to be gone through.
   *
   * @throws Interrupted when it is not to go on
   * @throws Diagrams.TooLarge when there are too many of these
   */
  Optional<ChainSummary> of(SymbolicTable table, SymbolicChain chain, Seen seen) {
    Optional<Chain> known = chains.get(chain);
    if (known == null) {
      known = found(table, chain);
      chains.put(chain, known);
    }
    return known.flatMap(told -> of(table, chain, told, seen));
  }

  private Optional<ChainSummary> of(SymbolicTable table, SymbolicChain chain, Chain told, Seen seen) {
    List<Term> terms = told.axes.stream().map(seen::term).toList();
    // What was done to a packet is said where a rule asks for a value that is not known because of it.
    List<Object> key = List.of(terms, terms.stream().anyMatch(Term.Unknown.class::isInstance) ? seen.deeds() : List.of());
    Optional<ChainSummary> summary = told.summaries.get(key);
    if (summary == null) {
      summary = told.summaries.size() < MOST ? made(table, chain, told.ends, seen) : Optional.empty();
      told.summaries.put(key, summary);
    }
    return summary;
  }

  private Optional<ChainSummary> made(SymbolicTable table, SymbolicChain chain, List<SymbolicRule> ends, Seen seen) {
    Map<SymbolicRule, String> places = new HashMap<>();
    ends.forEach(rule -> places.put(rule, Integer.toString(places.size())));
    Diagram<Fate> byRule;
    try {
      byRule = new ChainDiagram(new Diagrams(space), table, chain, Map.of(), new SeenShapes(seen), places::get, goOn)
          .of(firsts, ChainSummary.THROUGH_VERDICT);
    } catch (ChainDiagram.Unfit | Diagrams.TooLarge e) {
      return Optional.empty();
    }
    return Optional.of(new ChainSummary(diagrams, table, chain, ends, byRule)).filter(summary -> !summary.isOpen());
  }

  private Optional<Chain> found(SymbolicTable table, SymbolicChain chain) {
    Chain found = new Chain();
    Set<SymbolicChain> called = new LinkedHashSet<>(Set.of(chain));
    int rules = 0;
    for (List<SymbolicChain> open = new ArrayList<>(called); !open.isEmpty(); ) {
      SymbolicChain one = open.remove(open.size() - 1);
      rules += one.rules().size();
      for (SymbolicRule rule : one.rules()) {
        if (!isPlain(rule)) {
          return Optional.empty();
        }
        rule.shape().may().forEach(cube -> addAxes(cube, found.axes));
        rule.shape().must().forEach(cube -> addAxes(cube, found.axes));
        rule.shape().asked().forEach(asked -> asked.key().ifPresent(found.axes::add));
        if (Targets.isEnd(rule)) {
          found.ends.add(rule);
        } else if (!rule.effect().chain().isEmpty() && called.add(table.chain(rule.effect().chain()))) {
          open.add(table.chain(rule.effect().chain()));
        }
      }
    }
    int own = chain.rules().size();
    return own < least || 2 * own < rules ? Optional.empty() : Optional.of(found);
  }

  /** Whether it leaves packets as they are, and what it does to them besides ending them is no matter of theirs. */
  private static boolean isPlain(SymbolicRule rule) {
    return rule.changes().isEmpty() && rule.effect().kind() != Effect.Kind.MAY_END
        && (rule.effect().kind() != Effect.Kind.NEXT || Targets.isIdle(rule.rule().target()));
  }

  private static void addAxes(Cube cube, Set<Axis> axes) {
    for (int i = 0; i < cube.size(); i++) {
      axes.add(cube.axis(i));
    }
  }
}
