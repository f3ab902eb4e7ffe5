/**
 * All packets at once: rules as sets of them.
 *
 * <pre>
 *   Host ──▶ Space: one Axis for each packet field that rules tell apart, and for each question that only a match answers
 *   Rule ──▶ Space.shape ──▶ RuleShape: Cubes that must match, Cubes that may
 *            Cube    a set of values on each of some axes          Point   one value on each axis
 *            Diagram what comes of packets, as a graph             Packets a set of them
 * </pre>
 *
 * <p>Start at {@link io.sluice.analysis.space.Space}. <b>Promise:</b> a packet outside {@code may} never matches the rule, a
 * packet inside {@code must} always does, whatever time it is and whatever came before. <b>Elsewhere:</b> chains, and what
 * their order does ({@code analysis.symbolic}).
 */
package io.sluice.analysis.space;
