package io.sluice.compile.chain;

import io.sluice.walk.LiveRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The different lists of rules that packets have hit, by number, each once. Bounded: what has no room has no number. */
final class Paths {
  private final long maxBytes;
  private final List<List<LiveRule>> paths = new ArrayList<>();
  private final Map<List<LiveRule>, Integer> numbers = new HashMap<>();
  private long bytes;

  Paths(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** The number of a node's hits, or {@link ChainClassifier#NO_PATH}. */
  int of(Node node) {
    List<LiveRule> hits = List.of(node.hits);
    Integer known = numbers.get(hits);
    if (known != null) {
      return known;
    }
    long size = 120 + 4L * hits.size();
    if (bytes + size > maxBytes) {
      return ChainClassifier.NO_PATH;
    }
    bytes += size;
    numbers.put(hits, paths.size());
    paths.add(hits);
    return paths.size() - 1;
  }

  List<LiveRule> get(int number) {
    if (number < 0 || number >= paths.size()) {
      throw new IllegalArgumentException(number == ChainClassifier.NO_PATH ? "this path is not remembered"
          : "no path has this id: id=" + number);
    }
    return paths.get(number);
  }
}
