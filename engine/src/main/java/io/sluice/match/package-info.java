/**
 * The match extensions: one small file each, with parsing, meaning, printing, listing and kernel source.
 *
 * <p>Start at {@link io.sluice.match.Matches}, the list of them; {@code MarkMatch} is a short example. What several share:
 * {@code Extension} (name, families, options), {@code TransportHeader} (what a header that is cut short does),
 * {@code PortRange}, {@code NumberRange}, {@code SpiRange}, {@code Jiffies} (the kernel's coarse clock).
 *
 * <p>State: what one rule remembers is its {@link io.sluice.ruleset.Match#newState}; what rules share by name (recent,
 * hashlimit, rateest) is {@link io.sluice.net.Net#shared}. What a packet cannot tell (cpu, cgroup, osf, socket) asks
 * {@link io.sluice.net.Oracle}.
 *
 * <p><b>Promise:</b> each is held to its {@code .cases} file: what it accepts, prints, lists and answers, under both back
 * ends. Printed forms and listings there were taken from iptables 1.8.9, answers were compared with Linux 6.18 wherever a
 * packet alone decides. {@code CaseFile} and {@code PacketNotation}, beside the tests, say how such a file is written.
 */
package io.sluice.match;
