package io.sluice.walk;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Compares, again and again, what two live rule sets have counted that were loaded alike. One thread. */
public final class CounterComparison {
  private final List<Pairs> tables = new ArrayList<>();

  public CounterComparison(LiveRuleSet first, LiveRuleSet second) {
    for (int i = 0; i < first.tables().size(); i++) {
      tables.add(new Pairs(first.tables().get(i), second.tables().get(i)));
    }
  }

  /** One difference, if there is any. A look at each rule that has been loaded. */
  public Optional<CounterDifference> difference() {
    for (Pairs pairs : tables) {
      Optional<CounterDifference> difference = pairs.difference();
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  /** A table of both: the chains that somebody has asked for in either, and at the same places those of the same names in the other. */
  private static final class Pairs {
    private final LiveTable first;
    private final LiveTable second;
    private final Set<String> names = new HashSet<>();
    private final List<LiveChain> ofFirst = new ArrayList<>();
    private final List<LiveChain> ofSecond = new ArrayList<>();
    /** How many of the chains loaded in the first, and in the second, have been looked at. */
    private int seenOfFirst;
    private int seenOfSecond;

    Pairs(LiveTable first, LiveTable second) {
      this.first = first;
      this.second = second;
    }

    Optional<CounterDifference> difference() {
      for (; seenOfFirst < first.loaded().size(); seenOfFirst++) {
        pair(first.loaded().get(seenOfFirst).name());
      }
      for (; seenOfSecond < second.loaded().size(); seenOfSecond++) {
        pair(second.loaded().get(seenOfSecond).name());
      }
      first.settle();
      second.settle();
      for (int i = 0; i < ofFirst.size(); i++) {
        Optional<CounterDifference> difference = ofFirst.get(i).differenceTo(ofSecond.get(i));
        if (difference.isPresent()) {
          return difference;
        }
      }
      return Optional.empty();
    }

    /** Either has it from now on; what is loaded by that comes to the end of its list. */
    private void pair(String name) {
      if (names.add(name)) {
        ofFirst.add(first.chain(name));
        ofSecond.add(second.chain(name));
      }
    }
  }
}
