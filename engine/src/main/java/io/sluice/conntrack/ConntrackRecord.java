package io.sluice.conntrack;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * One line of {@code conntrack -L}: what {@link Conntrack#list} gives and {@link Conntrack#load} takes.
 *
 * @param original tuple of the original direction; for ICMP the query's id is {@code srcId}, {@code type << 8 | code} is
 *     {@code dstId}
 * @param reply tuple of the reply direction; NAT is read from how it differs from the inverse of {@code original}
 * @param timeoutSeconds seconds left; empty for an offloaded flow, which shows none
 * @param state the protocol's word (TCP {@code ESTABLISHED}, SCTP {@code COOKIE_WAIT} …); empty where there is none
 * @param originalCount packets and bytes of the original direction; empty without nf_conntrack_acct
 * @param replyCount packets and bytes of the reply direction
 * @param seenReply false where the line says {@code [UNREPLIED]}
 * @param assured whether the line says {@code [ASSURED]}
 * @param mark connection mark
 * @param zone the zone; {@link Zone#DEFAULT} where the line names none
 * @param helper {@code helper=ftp}; empty without
 * @param use the reference count that is printed last; ignored by {@code load}
 */
public record ConntrackRecord(
    Tuple original,
    Tuple reply,
    OptionalLong timeoutSeconds,
    Optional<String> state,
    Optional<Count> originalCount,
    Optional<Count> replyCount,
    boolean seenReply,
    boolean assured,
    int mark,
    Zone zone,
    Optional<String> helper,
    int use) {

  /** Packets and bytes that one direction has carried. */
  public record Count(long packets, long bytes) {}
}
