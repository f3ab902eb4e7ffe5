package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.Sysctls;
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
  private static final int DEFAULT_TTL = 64;
  private static final int TCP_HEADER = 20;
  /** RFC 4443: the longest ICMPv6 errors, in bytes. */
  private static final int MOST_ERROR6 = 1280;
  /** The precedence of IPv4's ICMP errors, and what they keep of the TOS of what they answer. */
  private static final int INTERNETCONTROL = 0xc0;
  private static final int TOS_MASK = 0x1e;

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

  /** The first packet as it sets out; as those behind it, without IPv6 extension headers. */
  Seen start() {
    Seen start = Seen.start(origin, space.axes().size());
    for (Axis axis : space.answersOfExtensions()) {
      start = start.with(axis, new Term.Constant(0, 0));
    }
    return start;
  }

  /** The ctstate of the answer, or of what follows it. */
  long state(boolean reply, Seen passed) {
    return CtState.ESTABLISHED | passed.point().low(space.axis(Field.CTSTATE).index()) & ~CtState.STATE_MASK;
  }

  /** The answer as it sets out. */
  Seen answer(Seen passed) {
    Seen reply = start();
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
    reply = unanswered(reply);
    Axis ttl = space.axis(Field.TTL);
    Axis length = space.axis(Field.LENGTH);
    return reply.with(ttl, new Term.Unknown(ValueSet.range(2, 255))).with(length, new Term.Unknown(ValueSet.range(20, ConnectionProbe.mostLength(space))));
  }

  /** What its opener sends after the answer, as it sets out; both packets before it may have left marks. */
  Seen later(Seen start, Seen answered) {
    return keepingMark(start.with(space.axis(Field.TCP_FLAGS), new Term.Constant(0, ACK)), answered);
  }

  /** The first packet once more, as it sets out. */
  Seen again(Seen start, Seen passed) {
    return keepingMark(start, passed);
  }

  /** What the opener sends behind its first packets, with headers of its own. */
  Seen sequel(Seen start, Seen last) {
    return varied(keepingMark(start, last), Field.TCP_FLAGS, Field.LENGTH, Field.TTL, Field.TOS);
  }

  /** What the other side sends behind those, with headers of its own; of a refusal the flags are known. */
  Seen sequelOfAnswer(Seen passed, Seen last, boolean refusal) {
    Seen answer = varied(keepingMark(answer(passed), last), Field.LENGTH, Field.TTL, Field.TOS);
    return refusal ? answer.with(space.axis(Field.TCP_FLAGS), new Term.Constant(0, Sequel.RESET)) : varied(answer, Field.TCP_FLAGS);
  }

  /** An ICMP error about a packet, as it sets out; rules see no ports in it. */
  Seen error(Seen about) {
    Seen error = start();
    error = varied(error, Field.SOURCE, Field.ICMP_TYPE_CODE, Field.LENGTH, Field.TTL, Field.TOS);
    error = keepingMark(like(error, destination, source, about), about);
    boolean v4 = space.family() == Family.IPV4;
    return unanswered(error.with(space.axis(Field.PROTOCOL), new Term.Constant(0, v4 ? Protocols.ICMP : Protocols.ICMPV6)));
  }

  /**
   * What the host itself answers to a packet that it does not let pass, as it sets out: a TCP reset, or an ICMP error, whose source
   * is not set where it is not an address of the host.
   *
   * @param icmp type and code of the error; -1 for a reset
   * @param local whether the packet was for the host itself
   */
  Seen refusal(Seen refused, int icmp, boolean local, Sysctls knobs) {
    boolean v4 = space.family() == Family.IPV4;
    Seen refusal = start();
    refusal = like(refusal, destination, source, refused);
    refusal = icmp >= 0 && !local ? refusal.with(source, new Term.Constant(0, 0)) : like(refusal, source, destination, refused);
    for (Axis axis : space.markAxes(Field.CONNMARK)) {
      refusal = like(refusal, axis, axis, refused);
    }
    boolean reflects = knobs.flag(v4 ? "net.ipv4.fwmark_reflect" : "net.ipv6.fwmark_reflect", false);
    for (Axis axis : space.markAxes(Field.MARK)) {
      refusal = reflects ? like(refusal, axis, axis, refused) : refusal.with(axis, new Term.Constant(0, 0));
    }
    refusal = unanswered(refusal);
    long ttl = knobs.number(v4 ? "net.ipv4.ip_default_ttl" : "net.ipv6.conf.all.hop_limit", DEFAULT_TTL);
    refusal = refusal.with(space.axis(Field.TTL), new Term.Constant(0, ttl));
    int header = space.family().headerLength();
    Axis tos = space.axis(Field.TOS);
    Axis length = space.axis(Field.LENGTH);
    if (icmp < 0) {
      refusal = like(like(refusal, sourcePort, destinationPort, refused), destinationPort, sourcePort, refused);
      refusal = refusal.with(space.axis(Field.TCP_FLAGS), new Term.Constant(0, Sequel.RESET));
      return refusal.with(tos, new Term.Constant(0, 0)).with(length, new Term.Constant(0, header + TCP_HEADER));
    }
    refusal = refusal.with(space.axis(Field.PROTOCOL), new Term.Constant(0, v4 ? Protocols.ICMP : Protocols.ICMPV6))
        .with(space.axis(Field.ICMP_TYPE_CODE), new Term.Constant(0, icmp));
    refusal = v4 ? refusal.with(tos, new Term.Unknown(ValueSet.range(INTERNETCONTROL, INTERNETCONTROL | TOS_MASK)))
        : refusal.with(tos, new Term.Constant(0, 0));
    return refusal.with(length, new Term.Unknown(ValueSet.range(2 * header + Sequel.ERROR_HEADER, v4 ? Sequel.MOST_ERROR : MOST_ERROR6)));
  }

  /** An ICMP error that comes in by an interface of its own choice. */
  Seen stray(Seen error) {
    return varied(error, Field.IN_INTERFACE);
  }

  /** Whether NAT made something else of it: of such connections it drops redirects, nf_nat_icmp_reply_translation(). */
  boolean isTranslated(Seen passed) {
    return (passed.point().low(space.axis(Field.CTSTATE).index()) & (CtState.SNAT | CtState.DNAT)) != 0;
  }

  /** The ctstate of errors about packets of the connection. */
  long errorState(Seen passed) {
    return CtState.RELATED | passed.point().low(space.axis(Field.CTSTATE).index()) & ~CtState.STATE_MASK;
  }

  /**
   * An ICMP error as NAT leaves it at a hook: nf_nat_icmp_reply_translation() gives it the addresses that a packet of its
   * direction would have, where the connection's are translated.
   */
  Seen translatedError(Hook hook, Seen seen, boolean reply, Seen passed) {
    boolean ofDestination = hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    long state = passed.point().low(space.axis(Field.CTSTATE).index());
    if ((state & (ofDestination == reply ? CtState.SNAT : CtState.DNAT)) == 0) {
      return seen;
    }
    Axis address = ofDestination ? destination : source;
    return reply ? plain(seen, address, ofDestination ? source : destination) : like(seen, address, address, passed);
  }

  /** With values of its own in these fields. */
  private Seen varied(Seen seen, Field... fields) {
    Seen changed = seen;
    for (Field field : fields) {
      changed = plain(changed, space.axis(field), space.then(field));
    }
    return changed;
  }

  private Seen keepingMark(Seen seen, Seen last) {
    Seen changed = seen;
    for (Axis axis : space.markAxes(Field.CONNMARK)) {
      changed = changed.with(axis, last.term(axis) instanceof Term.Origin ? new Term.Constant(0, 0) : last.term(axis));
    }
    return changed;
  }

  /** What only a match can say is not known of it. */
  private Seen unanswered(Seen seen) {
    Seen changed = seen;
    for (Axis axis : space.axes()) {
      boolean open = axis.isAnswer() && !space.answersOfExtensions().contains(axis);
      changed = open ? changed.with(axis, new Term.Unknown(ValueSet.range(0, Seen.lowMask(axis.bits())))) : changed;
    }
    return changed;
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
