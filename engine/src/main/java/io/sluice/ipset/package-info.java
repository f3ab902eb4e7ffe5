/**
 * IP sets: the types of {@code ipset}, what is in them and how a packet is looked up.
 *
 * <pre>
 *   ipset.save ──▶ IpSetDefinition (immutable) ──▶ IpSets (live: timeouts, counters, SET target) ──▶ test
 * </pre>
 *
 * <p>Source: net/netfilter/ipset/. <b>Elsewhere:</b> {@code -m set} ({@code match}), {@code -j SET} ({@code target}).
 */
package io.sluice.ipset;
