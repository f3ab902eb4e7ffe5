package io.sluice.compile;

import java.util.List;

/**
 * What an {@link Evaluator} holds and how it fared.
 *
 * @param classifierBytes the compiled rules, shared by all evaluators of one classifier
 * @param classCounts classes of each field: 1 for one that no rule confines
 * @param leafBytes the memory of class combinations
 * @param valueBytes the memories of addresses and other wide values
 * @param leafCount combinations remembered now
 * @param lookups packets classified
 * @param misses of these, packets whose combination was not remembered
 * @param unremembered of these, combinations that there was no room to remember
 * @param leafFlushes how often all combinations were forgotten
 * @param valueFlushes how often all values of a field were forgotten
 */
public record EvaluatorStats(long classifierBytes, List<Integer> classCounts, long leafBytes, long valueBytes,
    int leafCount, long lookups, long misses, long unremembered, long leafFlushes, long valueFlushes) {

  public long hits() {
    return lookups - misses;
  }
}
