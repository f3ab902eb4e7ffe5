package io.sluice.compile;

import java.util.List;

/**
 * What an {@link Evaluator} holds and how it fared.
 *
 * @param classifierBytes the compiled rules, shared by all evaluators of one classifier
 * @param classCounts classes of each field: 1 for one that no rule confines
 * @param leafBytes the memory of class combinations
 * @param valueBytes the memories of addresses and other wide values
 * @param packetBytes the memory of packets
 * @param leafCount class combinations remembered now
 * @param packetCount packets remembered now, those that differ only within classes of narrow fields counted once
 * @param lookups packets classified
 * @param packetMisses of these, packets that the memory of packets was asked for and did not know
 * @param misses packets whose combination of classes was not remembered either
 * @param unremembered of these, combinations that there was no room to remember
 * @param leafFlushes how often all combinations were forgotten
 * @param valueFlushes how often all values of a field were forgotten
 * @param packetFlushes how often all packets were forgotten
 */
public record EvaluatorStats(long classifierBytes, List<Integer> classCounts, long leafBytes, long valueBytes,
    long packetBytes, int leafCount, int packetCount, long lookups, long packetMisses, long misses,
    long unremembered, long leafFlushes, long valueFlushes, long packetFlushes) {

  /** Bytes of the evaluator's own memory: what {@link EvaluatorOptions#maxBytes} bounds. */
  public long memoBytes() {
    return leafBytes + valueBytes + packetBytes;
  }

  /** Of the packets classified, those whose answer was remembered: by the packet, or by its combination of classes. */
  public long hits() {
    return lookups - misses;
  }
}
