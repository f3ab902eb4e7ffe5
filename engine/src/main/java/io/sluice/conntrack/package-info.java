/**
 * Connection tracking and NAT bindings: tuples, entries, protocol trackers, expectations, timeouts on a virtual clock.
 *
 * <pre>
 *   packet ──▶ Conntrack.in ──▶ CtRef (Connection + CtInfo) … rules … ──▶ Nat.packet ──▶ Conntrack.confirm
 *                 │ TupleKey read from the packet              │ NatPicker: which tuple       │ Helpers, SeqAdjust
 *                 │ ConnectionTable.find by tuple and zone     │ NatRewriter: the bytes       └ Insertion into the table
 *                 ├ IcmpErrors: RELATED to what they quote
 *                 └ TcpTracker (TcpState, TcpWindow), SctpTracker, DccpTracker, DatagramTracker
 * </pre>
 *
 * <p>Start at {@link io.sluice.conntrack.Conntrack}. Source: net/netfilter/nf_conntrack_core.c, nf_conntrack_proto_*.c,
 * nf_nat_core.c, nf_nat_proto.c of Linux 6.18. <b>Promise:</b> every packet gets the ctstate, connection, timeout, binding
 * and bytes that this kernel gives it; {@code ConversationTest} and {@code NatConversationTest} hold it to conversations
 * recorded there. What the kernel draws at random (a port on a NAT clash, who is given up when the table is full) is drawn
 * from the caller's generator, and {@link io.sluice.conntrack.Connection#natChoice} says among what. An established packet
 * allocates nothing.
 *
 * <p><b>Elsewhere:</b> which hook calls when, fragments, source addresses for MASQUERADE ({@code pipeline}), what rules
 * read of a connection ({@code match}), the text of {@code conntrack -L} ({@code text}).
 */
package io.sluice.conntrack;
