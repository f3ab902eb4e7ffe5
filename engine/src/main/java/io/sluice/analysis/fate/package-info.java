/**
 * What becomes of packets, for whole sets of them at once.
 *
 * <pre>
 *   Point ─▶ Probe ─▶ Probed: its Fate, and a Cube around it in which every packet has the same one
 *            ChainProbe        one base chain
 *            ConnectionProbe   a connection from outside or of the host's own: all hooks, NAT, routing, the answers
 *
 *   Cube ─▶ ChainDiagram: the fates of all packets of one at a base chain, as a Diagram; from its last rule to its first, so that
 *           a Prospect says what becomes of packets whatever was done to them before (MarkChange, Unknowns)
 *
 *   ConnectionSweep: first packets, until none is left ─▶ Packets that fare alike; Gathered, with their Deciders
 *   ChainSummaries  what long chains make of all first packets at once, so that these are told apart by that
 *
 *   Turns   the packets of a connection, each made of those before it; Sequel: what may follow the first three
 *   Cut     the cube, made smaller for each rule that a packet of it might take another way at
 *   Seen    the packet where rules see it: rewritten values lead back to those it began with (Term)
 * </pre>
 *
 * <p>Start at {@link io.sluice.analysis.fate.Probe}. <b>Promise:</b> every packet of the cube has that fate, or, where
 * chance or history has a say, one of those that a {@link io.sluice.analysis.fate.Fate.Choice} names. <b>Elsewhere:</b>
 * comparing fates ({@code analysis.diff}), asking for them ({@code analysis.reach}).
 */
package io.sluice.analysis.fate;
