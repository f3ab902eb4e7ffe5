/**
 * What {@code ip}, {@code bridge} and {@code sysctl} know of a host: interfaces, addresses, routes, policy rules, knobs.
 *
 * <pre>
 *   text readers ──▶ NetworkBuilder ──▶ Network (devices, routes, rules, sysctls; immutable)
 *                    adds what the          │
 *                    kernel has by itself   ▼
 *                    FlowKey ──▶ Routing (Routing4, Routing6) ──▶ FibRules ──▶ FibTable ──▶ Route
 * </pre>
 *
 * <p>Start at {@link io.sluice.host.Network}; {@link io.sluice.host.Routing} answers look-ups as the kernel's FIB does.
 * <b>Promise:</b> its answers are those of {@code ip route get}, and a look-up allocates nothing; {@code
 * RoutingKernelIT} and {@code RoutingTest} hold it to that. <b>Elsewhere:</b> reading the dumps ({@code text}), what a
 * packet does with the answer ({@code pipeline}).
 */
package io.sluice.host;
