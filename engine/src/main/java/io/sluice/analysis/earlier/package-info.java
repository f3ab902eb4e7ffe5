/**
 * What packets meet before they come to a base chain: the base chains of earlier hooks, and of tables before it in its hook.
 *
 * <pre>
 *   raw PREROUTING ─▶ tracking ─▶ mangle PREROUTING ─▶ NAT ─▶ routing ─▶ mangle FORWARD ─▶ filter FORWARD
 *   Stage          Passage        Stage                Passage           Stage             the base chain in question
 *                  └ what a packet may have another value of behind it
 *
 *   packet at the chain ─▶ Way: all packets that it may have been ─▶ each is dropped for certain? ─▶ Kill
 * </pre>
 *
 * <p>Start at {@link io.sluice.analysis.earlier.EarlierChains}. <b>Promise:</b> a packet of a kill never comes to the base
 * chain, whatever happened to it on its way there, whatever time it is and whatever came before. Nothing is said of packets
 * that only may be dropped. <b>Elsewhere:</b> what one chain does with a packet ({@code analysis.fate}).
 */
package io.sluice.analysis.earlier;
