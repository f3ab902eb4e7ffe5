/**
 * The running kernel as a judge: a network namespace of its own for each scenario, packets in, observations out.
 *
 * <pre>
 *   Scenario ──▶ KernelNamespace (unshare, ip, sysctl, iptables-restore, ipset)
 *                   TunDevice   write = a packet comes in;  read = a packet has left
 *                   RawSender   a packet of the host's own
 *                   HookLog     which hooks each packet entered and left (NFLOG)
 *            ──▶ KernelSubject ──▶ Observation for each packet, counters and connections at the end
 * </pre>
 *
 * <p>Start at {@link io.sluice.corpus.kernel.KernelSubject}; {@link io.sluice.corpus.kernel.RunScenario} is the command.
 * <b>Promise:</b> observing does not change what is observed: the observer's own nftables table stands at the outermost
 * priorities, uses no connection tracking unless the rules do, and lets everything pass up to the end of INPUT, where a
 * delivered packet is taken away so that no program or protocol of the host answers it.
 */
package io.sluice.corpus.kernel;
