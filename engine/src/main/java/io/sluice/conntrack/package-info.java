/**
 * Connection tracking and NAT bindings: tuples, entries, protocol trackers, expectations, timeouts on a virtual clock.
 *
 * <pre>
 *   packet ──▶ Conntrack.in ──▶ CtRef (Connection + CtInfo) … rules … ──▶ Nat.packet ──▶ Conntrack.confirm
 *                 │ look-up by tuple and zone                  │ rewrites by the binding      │ into the table
 *                 └ TcpTracker, UdpTracker, IcmpTracker …      └ Nat.setupInfo picks the tuple
 * </pre>
 *
 * <p>Start at {@link io.sluice.conntrack.Conntrack}. Source: net/netfilter/nf_conntrack_core.c, nf_conntrack_proto_*.c,
 * nf_nat_core.c. <b>Elsewhere:</b> which hook calls when ({@code pipeline}), what rules read of it ({@code match}).
 */
package io.sluice.conntrack;
