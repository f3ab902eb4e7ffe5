/**
 * The words that everything else is said in: address family, hook, hook priority, verdict, time.
 *
 * <p>Source: include/uapi/linux/netfilter.h, include/uapi/linux/netfilter_ipv4.h. Nothing here depends on anything
 * else of Sluice.
 */
package io.sluice.netfilter;
