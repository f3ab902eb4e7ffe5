package io.sluice.compile;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** Numbers the sets of matching rules, so that a leaf tells all that a classifier found; for use by several threads. */
final class MatchedSets implements LeafResolver {

  private final ConcurrentHashMap<List<Integer>, Integer> numbers = new ConcurrentHashMap<>();

  @Override
  public int leaf(int[] ids, int count) {
    List<Integer> set = new ArrayList<>();
    for (int i = 0; i < count; i++) set.add(ids[i]);
    return number(set);
  }

  int number(List<Integer> ids) {
    synchronized (numbers) {
      return numbers.computeIfAbsent(ids, set -> numbers.size());
    }
  }
}
