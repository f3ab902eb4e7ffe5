package io.sluice.analysis.witness;

import io.sluice.net.Owner;
import java.util.Optional;

/**
 * One thing to try: a course with everything chosen that can be chosen before the first packet.
 *
 * @param opener the transport header of what an ICMP error is about
 * @param published where the first packet is sent, when NAT is to bring it to the lane's destination
 * @param mark what a local sender marks its packets with
 * @param owner who a local sender is
 */
record Attempt(
    Course course, Lane lane, Transport transport, Transport opener, Optional<Published> published, int length, int ttl,
    int tos, int mark, Owner owner, Shape shape) {

  /** An address and port that a NAT rule translates; port -1 for the same. */
  record Published(io.sluice.packet.IpAddress address, int port) {}
}
