/**
 * Chains of rules that are sets of packets, and what is true of every packet that enters them.
 *
 * <pre>
 *   Table ──▶ SymbolicTable: SymbolicChain: SymbolicRule (RuleShape, Effect)
 *   rule  ──▶ Reachability.decide ──▶ Reach: a packet that gets there | a Proof for each way that none does | unknown, why
 *             WayWalk: one packet, and the Kill that ends its way        RuleIndex: the first rule that may match it
 * </pre>
 *
 * <p>Start at {@link io.sluice.analysis.symbolic.Reachability}. <b>Promise:</b> NEVER is a proof, for all packets, times and
 * histories; REACHED is as good as the packet is, which the evaluators must confirm. <b>Elsewhere:</b> which packets arrive
 * at a hook, and what to make of the answers ({@code analysis.lint}, {@code analysis.diff}).
 */
package io.sluice.analysis.symbolic;
