package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Probes one base chain: what it alone makes of packets as they enter it. */
public final class ChainProbe implements Probe {
  private final SymbolicTable table;
  private final SymbolicChain base;

  /** @throws IllegalArgumentException when the chain is no base chain */
  public ChainProbe(SymbolicTable table, SymbolicChain base) {
    if (base.base().isEmpty()) {
      throw new IllegalArgumentException("not a base chain: " + base);
    }
    this.table = table;
    this.base = base;
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

  /** The verdict that an {@link Fate.End} has when this rule, which ends chains, decides. */
  public static String verdict(Rule rule) {
    return Targets.verdict(rule.target());
  }

  private Probed at(Point point, Cube within, boolean all) {
    Space space = table.space();
    ChainWalk walk = new ChainWalk(space, point, within);
    try {
      Fate fate = walk.enter(table, base, Seen.start(point, space.axes().size()),
          (verdict, seen, by) -> new Fate.End(verdict, seen.deeds(), isGone(verdict) ? List.of() : written(walk, space, seen)));
      return walk.end(fate, all);
    } catch (ChainWalk.TooManyWays e) {
      return walk.end(new Fate.Undecided(e.getMessage()), all);
    }
  }

  private static boolean isGone(String verdict) {
    return verdict.equals("DROP") || verdict.startsWith("REJECT");
  }

  /** The bits of marks that were written and are known; what is unknown the deeds tell. */
  private static List<String> written(ChainWalk walk, Space space, Seen seen) {
    List<String> written = new ArrayList<>();
    for (Field mark : List.of(Field.MARK, Field.CONNMARK)) {
      long bits = 0;
      long mask = 0;
      for (Axis axis : space.markAxes(mark)) {
        if (seen.term(axis) instanceof Term.Constant constant) {
          // What is written over the same value makes no difference.
          boolean same = walk.origin().low(axis.index()) == constant.low();
          ValueSet value = ValueSet.of(constant.low());
          walk.cut().require(axis, same ? value : value.complement(axis.bits()));
          if (!same) {
            bits |= axis.scatter(constant.low());
            mask |= axis.mask();
          }
        }
      }
      if (mask != 0) {
        written.add(mark.name().toLowerCase(Locale.ROOT) + " 0x" + Long.toHexString(bits) + "/0x" + Long.toHexString(mask));
      }
    }
    return written;
  }
}
