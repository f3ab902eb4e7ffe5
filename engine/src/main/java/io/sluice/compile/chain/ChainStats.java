package io.sluice.compile.chain;

import io.sluice.compile.EvaluatorStats;
import java.util.Optional;

/**
 * What the evaluator of one chain holds and how it fared.
 *
 * @param slots rules of the chain and of those put in place of calls
 * @param programBytes the compiled chain, shared by all evaluators
 * @param packets packets that a compiled chain has seen
 * @param scanned of these, packets that were taken slot by slot: irregular ones, those there was no room for, and where the ones
 *     before them came to few slots only, or were hardly like each other
 * @param remembered of these, packets whose connection knew where they begin
 * @param flushes how often everything was forgotten
 * @param leaves sets of matching slots remembered now
 * @param paths stretches of ways remembered now
 * @param suspensions of these, such as end in a match that is asked
 * @param leafBytes bytes of both
 * @param bitBytes bytes of what says by bits within which slots' confines a packet is; 0 as long as no packet was taken so.
 *     Evaluators share it, and it counts against the bound of each
 * @param classification the memory of packets; empty when the chain is too short to need one, or few rules saw
 *     so wide traffic that packets are no longer remembered
 */
public record ChainStats(
    String table, String chain, int slots, long programBytes, long packets, long scanned, long remembered, long flushes, int leaves,
    int paths, int suspensions, long leafBytes, long bitBytes, Optional<EvaluatorStats> classification) {

  /** Bytes of what is remembered of packets and paths. */
  public long memoBytes() {
    return leafBytes + bitBytes + classification.map(EvaluatorStats::memoBytes).orElse(0L);
  }
}
