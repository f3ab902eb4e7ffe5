package io.sluice.walk;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Compares, again and again, what two live rule sets have counted that were loaded alike. One thread. */
public final class CounterComparison {
  private final LiveRuleSet first;
  private final LiveRuleSet second;
  /** The chains that somebody has asked for in either, and at the same places those of the same names in the other. */
  private final List<LiveChain> ofFirst = new ArrayList<>();
  private final List<LiveChain> ofSecond = new ArrayList<>();
  /** How many had been loaded in both when these lists were made. */
  private int loaded;

  public CounterComparison(LiveRuleSet first, LiveRuleSet second) {
    this.first = first;
    this.second = second;
  }

  /** One difference, if there is any. A look at each rule that has been loaded. */
  public Optional<CounterDifference> difference() {
    if (loaded != first.loadedChains() + second.loadedChains()) {
      pair();
    }
    for (int i = 0; i < first.tables().size(); i++) {
      first.tables().get(i).settle();
      second.tables().get(i).settle();
    }
    for (int i = 0; i < ofFirst.size(); i++) {
      Optional<CounterDifference> difference = ofFirst.get(i).differenceTo(ofSecond.get(i));
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  private void pair() {
    ofFirst.clear();
    ofSecond.clear();
    for (int i = 0; i < first.tables().size(); i++) {
      LiveTable table = first.tables().get(i);
      LiveTable other = second.tables().get(i);
      Set<String> names = new TreeSet<>(table.loaded());
      names.addAll(other.loaded());
      for (String name : names) {
        ofFirst.add(table.chain(name));
        ofSecond.add(other.chain(name));
      }
    }
    loaded = first.loadedChains() + second.loadedChains();
  }
}
