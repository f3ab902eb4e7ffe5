/**
 * Who can connect to what through a host, the host itself among them, and what stops the others.
 *
 * <pre>
 *   Host, packets asked about ─▶ HostReach ─▶ Answer: Part, Part … each with one fate (connects, one way, stopped)
 * </pre>
 *
 * <p>Start at {@link io.sluice.analysis.reach.HostReach}. <b>Promise:</b> every packet asked about is in exactly one part;
 * what cannot be found out is a part of its own that says why. <b>Elsewhere:</b> the way of one connection ({@code
 * analysis.fate}).
 */
package io.sluice.analysis.reach;
