/**
 * Compiles base chains, with the chains that they call, so that a packet costs one classification and not a rule each.
 *
 * <pre>
 *   RuleSet ─▶ LoweredRule ─────────▶ ChainInliner ─▶ ChainProgram      immutable, shared
 *              what can be indexed,    slots: calls    slots and their
 *              what must be asked      put in place    Classifier
 *
 *   other rules ─▶ ChainEdit ─▶ ProgramEdit ─▶ ChainProgram             a few slots are others, the rest is copied or shared
 *                                           or none                      until packets have been walked: CompiledTable
 *
 *   packet ─▶ PacketFields ─▶ Classifier ─▶ Leaf ─▶ Node ─▶ Node ─▶ verdict      one thread: ChainRunner
 *             ints            what matches          hits; then ask, act, call
 *      ├─▶ HeaderScan ────────────────────────────────▶ verdict      few rules, whose ways no connection remembers
 *      └─▶ Signature ─▶ Flow, which the connection remembers ────▶ Node          packets of established connections
 *                           └─▶ End, Trail: all chains at once                   when none of them asks or does anything
 * </pre>
 *
 * <p>Start at {@link io.sluice.compile.chain.CompiledHost}. <b>Promise:</b> verdict, deciding rule, counters and effects
 * are those of {@link io.sluice.walk.Walker}, for every packet; {@code CompiledAgreesWithWalkerProperties} holds it to
 * that, and {@code EditedProgramProperties} that an edited program is the one compiled afresh. <b>Elsewhere:</b> boxes to
 * classes ({@code compile}), hooks and NAT ({@code pipeline}).
 */
package io.sluice.compile.chain;
