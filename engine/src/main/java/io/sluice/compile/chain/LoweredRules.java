package io.sluice.compile.chain;

import io.sluice.compile.Blocks;
import java.util.ArrayList;
import java.util.List;

/**
 * Rules in their order, of which versions share all but a few: a rule keeps the number that it came with, and only numbers are moved.
 * Immutable.
 *
 * <pre>
 *   of(a, b, c)                   numbers 0 1 2        rules a b c
 *   splice(1, 2, of(x, y))        numbers 0 3 4 2      rules a b c x y      b stays until all are numbered anew
 * </pre>
 */
final class LoweredRules {
  static final LoweredRules NONE = of(List.of());
  /** Where more come in at once, all are numbered anew. */
  private static final int FEW = 32;

  /** By place in the order. */
  final int[] numbers;
  private final Blocks<LoweredRule> rules;
  /** How many numbers are given, to rules that are there no more, too. */
  private final int given;

  private LoweredRules(int[] numbers, Blocks<LoweredRule> rules, int given) {
    this.numbers = numbers;
    this.rules = rules;
    this.given = given;
  }

  static LoweredRules of(List<LoweredRule> rules) {
    int[] numbers = new int[rules.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    return new LoweredRules(numbers, Blocks.of(rules), numbers.length);
  }

  int count() {
    return numbers.length;
  }

  LoweredRule get(int place) {
    return rules.get(numbers[place]);
  }

  /** These with others in place of those at {@code from .. to - 1}. */
  LoweredRules splice(int from, int to, LoweredRules added) {
    int count = numbers.length - (to - from) + added.count();
    if (added.count() > FEW || given + added.count() > 2 * count + FEW) {
      List<LoweredRule> anew = new ArrayList<>(count);
      addTo(anew, 0, from);
      added.addTo(anew, 0, added.count());
      addTo(anew, to, numbers.length);
      return of(anew);
    }
    int[] come = new int[added.count()];
    Blocks<LoweredRule> all = rules;
    for (int i = 0; i < come.length; i++) {
      come[i] = given + i;
      all = all.with(come[i], added.get(i));
    }
    int[] spliced = new int[count];
    Slots.splice(numbers, from, to, come, spliced);
    return new LoweredRules(spliced, all, given + come.length);
  }

  private void addTo(List<LoweredRule> list, int from, int to) {
    for (int place = from; place < to; place++) {
      list.add(get(place));
    }
  }
}
