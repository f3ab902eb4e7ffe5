package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Rule;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Probes one base chain: what it alone makes of packets as they enter it. */
public final class ChainProbe implements Probe {
  /** Beyond so many kinds of packets a rule is taken to make a difference. */
  private static final int MOST_VISITS = 400;

  private final SymbolicTable table;
  private final SymbolicChain base;
  private final Map<Asked, String> told;

  /** @throws IllegalArgumentException when the chain is no base chain */
  public ChainProbe(SymbolicTable table, SymbolicChain base) {
    this(table, base, Map.of());
  }

  /**
   * Probes with fates that also tell what some matches are asked.
   *
   * @param told these, by identity, and in which words
   */
  public ChainProbe(SymbolicTable table, SymbolicChain base, Map<Asked, String> told) {
    if (base.base().isEmpty()) {
      throw new IllegalArgumentException("not a base chain: " + base);
    }
    this.table = table;
    this.base = base;
    this.told = told;
  }

  @Override
  public Probed at(Point point, Cube within) {
    return at(point, within, true);
  }

  /** As {@link #at}, but {@code by} has only what decides on the point: were other rules not there, it would on all the others. */
  public Probed needed(Point point, Cube within) {
    return at(point, within, false);
  }

  /** Whether packets of that fate are no more behind the chain, whatever chance says. */
  public static boolean drops(Fate fate) {
    return fate instanceof Fate.End end && isGone(end.verdict())
        || fate instanceof Fate.Choice choice && drops(choice.yes()) && drops(choice.no());
  }

  /** Whether packets of that fate that have no connection yet are not tracked behind the chain, or are no more, whatever chance says. */
  public static boolean untracks(Fate fate) {
    return fate instanceof Fate.End end && (isGone(end.verdict())
            || end.deeds().stream().filter(deed -> deed.startsWith("CT ")).findFirst().equals(Optional.of(Targets.UNTRACKING)))
        || fate instanceof Fate.Choice choice && untracks(choice.yes()) && untracks(choice.no());
  }

  /** Whether a rule's target keeps packets that have no connection yet from being tracked. */
  public static boolean untracks(Rule rule) {
    return rule.target() instanceof ExtensionTarget target && Targets.text(target).equals(Targets.UNTRACKING);
  }

  /** The verdict that an {@link Fate.End} has when this rule, which ends chains, decides. */
  public static String verdict(Rule rule) {
    return Targets.verdict(rule.target());
  }

  private Probed at(Point point, Cube within, boolean all) {
    ChainWalk walk = ChainWalk.telling(told, table.space(), point, within);
    return walk.end(fate(walk), all);
  }

  private Fate fate(ChainWalk walk) {
    Space space = table.space();
    try {
      return walk.enter(table, base, Seen.start(walk.origin(), space.axes().size()),
          (verdict, seen, by) -> new Fate.End(verdict, verdict.equals("DROP") ? seen.deeds(Deed.Reach.CONNECTION) : seen.deeds(),
              (isGone(verdict) ? WrittenMarks.of(walk, space, seen, Set.copyOf(space.markAxes(Field.CONNMARK)))
                  : WrittenMarks.of(walk, space, seen)).stream().map(Written::new).toList()));
    } catch (ChainWalk.TooManyWays e) {
      return new Fate.Undecided(e.getMessage());
    }
  }

  /**
   * Whether what a match answers may make a difference to packets of {@code among}; false only if it never does.
   *
   * @param packets all, as they come to the base chain, that the match's rule may match
   * @param goOn is asked at each packet; where it says false it is taken to make a difference
   */
  public boolean decides(List<Cube> packets, Asked asked, Cube among, BooleanSupplier goOn) {
    boolean[] decides = {false};
    List<Cube> left = Sweep.over(packets, table.space(), among, (point, within) -> {
      ChainWalk walk = ChainWalk.telling(Map.of(), table.space(), point, within);
      decides[0] |= fate(walk).isUndecided() || walk.questions().contains(asked.words());
      return walk.end(ChainWalk.MISSED, false).cube();
    }, visits -> !decides[0] && visits < MOST_VISITS && goOn.getAsBoolean());
    return decides[0] || !left.isEmpty();
  }

  static boolean isGone(String verdict) {
    return verdict.equals("DROP") || verdict.startsWith("REJECT");
  }
}
