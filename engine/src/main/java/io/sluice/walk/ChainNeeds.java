package io.sluice.walk;

import io.sluice.ruleset.Rule;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.List;

/**
 * What the rules of a chain need of those that load it: found once, since there may be very many of them. Immutable.
 */
public final class ChainNeeds {
  /** Bits of {@link Needs}: what any rule needs. */
  final int all;
  /** The indexes of the rules that remember something between packets, ascending. */
  final int[] remembering;

  private ChainNeeds(int all, int[] remembering) {
    this.all = all;
    this.remembering = remembering;
  }

  /** Bits for what any of the rules needs; those of several chains are joined by "or". */
  public int bits() {
    return all;
  }

  /** Those of a chain with these rules. */
  public static ChainNeeds of(List<Rule> rules) {
    int all = 0;
    IntArrayList remembering = new IntArrayList();
    for (int i = 0; i < rules.size(); i++) {
      int needs = Needs.of(rules.get(i));
      all |= needs;
      if ((needs & Needs.MEMORY) != 0) {
        remembering.add(i);
      }
    }
    return new ChainNeeds(all, remembering.toIntArray());
  }

  /**
   * Those of an edited chain: {@code now[from, end)} are in place of {@code then[from, to)}, all others are the same. Looks
   * at these alone, unless one that is gone needed something.
   */
  public ChainNeeds with(List<Rule> then, int from, int to, List<Rule> now, int end) {
    if (of(then.subList(from, to)).all != 0) {
      return of(now);
    }
    ChainNeeds added = of(now.subList(from, end));
    IntArrayList indexes = new IntArrayList(remembering.length + added.remembering.length);
    int i = 0;
    for (; i < remembering.length && remembering[i] < from; i++) {
      indexes.add(remembering[i]);
    }
    for (int index : added.remembering) {
      indexes.add(from + index);
    }
    for (; i < remembering.length; i++) {
      indexes.add(remembering[i] + end - to);
    }
    return new ChainNeeds(all | added.all, indexes.toIntArray());
  }
}
