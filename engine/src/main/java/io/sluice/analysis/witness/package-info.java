/**
 * Finds packets and conversations that show a rule at work, and holds them to both evaluators.
 *
 * <pre>
 *   rule, Sighting ─▶ Wishes ─▶ Lanes, Transports … ─▶ Attempts ─▶ Play (simulator) ─▶ Goal met? ─▶ Witness
 *   what a packet     what the   candidate values       by rising    openers, replies,
 *   must be there     rules ask  of each part           oddity       errors, then the packet
 * </pre>
 *
 * <p>Start at {@link io.sluice.analysis.witness.WitnessFinder}; {@link io.sluice.analysis.witness.ConnectionPlay}
 * plays a connection that is given, {@link io.sluice.analysis.witness.ChainPlay} a packet at one chain. <b>Promise:</b> a {@link
 * io.sluice.analysis.witness.Witness} has been played on a fresh host by the walker and by the compiled rules, and at its last
 * step the counter in question moved in both, or the packet was found as the entry in question; that none was found proves
 * nothing. The same question gets the same answer. <b>Elsewhere:</b> proofs about all packets ({@code analysis.symbolic}), random
 * traffic ({@code analysis.fuzz}).
 */
package io.sluice.analysis.witness;
