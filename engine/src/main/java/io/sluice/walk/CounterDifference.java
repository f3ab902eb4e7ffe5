package io.sluice.walk;

import io.sluice.ruleset.Counters;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What two live rule sets, loaded alike, have not counted alike.
 *
 * @param counter the rule, or the chain whose policy it is, in words
 * @param first what the first has counted
 * @param second what the second has
 */
public record CounterDifference(String counter, Counters first, Counters second) {

  /** One difference, if there is any. Costs about as much as to walk all rules that have been loaded. */
  public static Optional<CounterDifference> between(LiveRuleSet first, LiveRuleSet second) {
    List<LiveTable> tables = first.tables();
    List<LiveTable> others = second.tables();
    return IntStream.range(0, tables.size()).mapToObj(i -> tables.get(i).differenceTo(others.get(i))).flatMap(Optional::stream)
        .findFirst();
  }
}
