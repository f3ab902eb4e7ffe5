/**
 * The packet on its way and the world it moves through, as matches and targets see them.
 *
 * <pre>
 *   SkBuff      the packet with its devices, marks and connection          (struct sk_buff)
 *   Net         what the network namespace remembers between packets       (struct net)
 *   ActionParam where in the rules the packet is just now                  (struct xt_action_param)
 * </pre>
 *
 * <p><b>Elsewhere:</b> who moves the packet from hook to hook ({@code pipeline}).
 */
package io.sluice.net;
