/**
 * What {@code ip}, {@code bridge} and {@code sysctl} know of a host: interfaces, addresses, routes, policy rules, knobs.
 *
 * <pre>
 *   text readers ──▶ Network (devices, routes, rules, sysctls; immutable) ──▶ Routing: destination ──▶ Route
 * </pre>
 *
 * <p>Start at {@link io.sluice.host.Network}; {@link io.sluice.host.Routing} answers look-ups as the kernel's FIB does.
 * <b>Elsewhere:</b> reading the dumps ({@code text}), what a packet does with the answer ({@code pipeline}).
 */
package io.sluice.host;
