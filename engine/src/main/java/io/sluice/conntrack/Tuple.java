package io.sluice.conntrack;

import io.sluice.netfilter.Family;

/**
 * One direction of a connection (struct nf_conntrack_tuple).
 *
 * <p>{@code srcId} and {@code dstId} are what the protocol tells flows apart by: ports (TCP, UDP, UDP-Lite, SCTP,
 * DCCP), GRE keys, for ICMP the query id in {@code srcId} and {@code type << 8 | code} in {@code dstId}, else 0.
 */
public record Tuple(
    Family family, long srcHi, long srcLo, long dstHi, long dstLo, int protocol, int srcId, int dstId) {}
