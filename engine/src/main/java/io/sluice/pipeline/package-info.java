/**
 * Moves packets through the host: hooks in order, routing, NAT, conntrack, the answers that the kernel sends itself.
 *
 * <pre>
 *   receive ─▶ PREROUTING ─▶ route ─┬▶ INPUT ─▶ delivered
 *                                   └▶ ttl, mtu ─▶ FORWARD ─▶ POSTROUTING ─▶ fragments ─▶ forwarded
 *   send ────▶ route ─▶ OUTPUT (reroute) ─▶ POSTROUTING ─▶ sent, or back in through lo; of what goes to all, or to a group that
 *                                                          the host is in, a copy comes back in by where it leaves
 *
 *   a hook:  defrag  raw  conntrack  mangle  dst nat  filter  security  src nat  synproxy  confirm   (by priority)
 * </pre>
 *
 * <p>Packets of established connections may go by {@link io.sluice.pipeline.FastPath}: as the one before them, from behind
 * conntrack on.
 *
 * <p>A {@link io.sluice.pipeline.Simulator.Builder#checked checked} simulator is two, the walker's and that of compiled rules, which
 * must do the same with every packet.
 *
 * <p>Start at {@link io.sluice.pipeline.Simulator}. What a base chain does with a packet is the business of a
 * {@link io.sluice.walk.ChainEvaluator}; all else here is shared by the walker and the compiled engine. <b>Promise:</b> a
 * packet's fate, its bytes, the counters and the connections are the kernel's. <b>Elsewhere:</b> dumps ({@code text}).
 */
package io.sluice.pipeline;
