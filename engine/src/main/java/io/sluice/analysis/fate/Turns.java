package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;

/**
 * What the packets of one connection are, each made of those before it, and what connection tracking and NAT make of all but
 * the first.
 *
 * <pre>
 *   start   as the first packet set out
 *   passed  as it left; the answer to it is that one turned round
 * </pre>
 */
class Turns {
  private static final int SYN_ACK = 0x12;
  private static final int ACK = 0x10;

  private final Space space;
  /** The first packet as it set out. */
  private final Point origin;
  private final Axis source;
  private final Axis destination;
  private final Axis sourcePort;
  private final Axis destinationPort;

  Turns(Space space, Point origin) {
    this.space = space;
    this.origin = origin;
    this.source = space.axis(Field.SOURCE);
    this.destination = space.axis(Field.DESTINATION);
    this.sourcePort = space.axis(Field.SOURCE_PORT);
    this.destinationPort = space.axis(Field.DESTINATION_PORT);
  }

  /** The ctstate of the answer, or of what follows it. */
  long state(boolean reply, Seen passed) {
    return CtState.ESTABLISHED | passed.point().low(space.axis(Field.CTSTATE).index()) & ~CtState.STATE_MASK;
  }

  /** The answer as it sets out. */
  Seen answer(Seen passed) {
    Seen reply = Seen.start(origin, space.axes().size());
    reply = like(like(reply, source, destination, passed), destination, source, passed);
    reply = like(like(reply, sourcePort, destinationPort, passed), destinationPort, sourcePort, passed);
    reply = reply.with(space.axis(Field.TCP_FLAGS), new Term.Constant(0, SYN_ACK));
    boolean v4 = space.family() == Family.IPV4;
    if (origin.low(space.axis(Field.PROTOCOL).index()) == (v4 ? Protocols.ICMP : Protocols.ICMPV6)) {
      reply = reply.with(space.axis(Field.ICMP_TYPE_CODE), new Term.Constant(0, v4 ? 0 : 0x8100));
    }
    for (Axis axis : space.markAxes(Field.CONNMARK)) {
      reply = like(reply, axis, axis, passed);
    }
    for (Axis axis : space.axes()) {
      if (axis.isAnswer()) {
        reply = reply.with(axis, new Term.Unknown(ValueSet.range(0, 1)));
      }
    }
    Axis ttl = space.axis(Field.TTL);
    Axis length = space.axis(Field.LENGTH);
    return reply.with(ttl, new Term.Unknown(ValueSet.range(2, 255))).with(length, new Term.Unknown(ValueSet.range(20, 1280)));
  }

  /** What its opener sends after the answer, as it sets out; both packets before it may have left marks. */
  Seen later(Seen start, Seen answered) {
    Seen again = start.with(space.axis(Field.TCP_FLAGS), new Term.Constant(0, ACK));
    for (Axis axis : space.markAxes(Field.CONNMARK)) {
      again = again.with(axis, answered.term(axis) instanceof Term.Origin ? new Term.Constant(0, 0) : answered.term(axis));
    }
    return again;
  }

  /** A later packet as NAT leaves it at a hook: translated as the first was, or back. */
  Seen translated(Hook hook, Seen seen, boolean reply, Seen passed) {
    boolean ofDestination = hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    if (reply) {
      return ofDestination ? plain(plain(seen, destination, source), destinationPort, sourcePort)
          : plain(plain(seen, source, destination), sourcePort, destinationPort);
    }
    Axis address = ofDestination ? destination : source;
    Axis port = ofDestination ? destinationPort : sourcePort;
    return like(like(seen, address, address, passed), port, port, passed);
  }

  /** With the value that the first packet set out with on another axis. */
  private Seen plain(Seen seen, Axis axis, Axis from) {
    return seen.with(axis, new Term.Origin(from, 0, 0), origin);
  }

  /** With the value that another packet has on another axis. */
  final Seen like(Seen seen, Axis axis, Axis from, Seen other) {
    Term term = other.term(from);
    return term instanceof Term.Origin plain ? seen.with(axis, plain, origin) : seen.with(axis, term);
  }
}
