package io.sluice.analysis.witness;

import io.sluice.net.Owner;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.HeaderHint;
import java.util.List;
import java.util.Optional;

/**
 * One thing to try: a course with everything chosen that can be chosen before the first packet.
 *
 * @param opener the transport header of what an ICMP error is about
 * @param published where the first packet is sent, when NAT is to bring it to the lane's destination
 * @param mark what a local sender marks its packets with
 * @param owner who a local sender is
 * @param headers what the last packet has of headers that rules ask for by matches
 */
record Attempt(
    Course course, Lane lane, Transport transport, Transport opener, Optional<Published> published, int length, int ttl,
    int tos, int mark, Owner owner, Shape shape, List<HeaderHint> headers) {

  /** The same with a last packet of that length. */
  Attempt with(int bytes) {
    return new Attempt(course, lane, transport, opener, published, bytes, ttl, tos, mark, owner, shape, headers);
  }

  /** An address and port that a NAT rule translates; port -1 for the same. */
  record Published(IpAddress address, int port) {}
}
