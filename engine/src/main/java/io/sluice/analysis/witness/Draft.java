package io.sluice.analysis.witness;

import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Ipv6Extensions;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.Protocols;
import io.sluice.packet.SctpBuilder;
import io.sluice.packet.TransportBuilder;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.HeaderHint;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A packet to be made.
 *
 * @param length the whole packet's length in bytes; 0 for as short as it may be
 * @param headers extension headers, and the header of a protocol that is not made here otherwise
 */
record Draft(IpAddress source, IpAddress destination, Transport transport, int length, int ttl, int tos, Shape shape,
    List<HeaderHint> headers) {
  private static final int MOST = 65_535;

  /** Without headers of its own. */
  Draft(IpAddress source, IpAddress destination, Transport transport, int length, int ttl, int tos, Shape shape) {
    this(source, destination, transport, length, ttl, tos, shape, List.of());
  }

  /** Where in its conversation a packet stands, which its sequence numbers, tags and types follow. */
  enum Turn {
    /** The first packet: SYN, INIT, a request. */
    OPENER,
    /** The first answer: SYN-ACK, INIT-ACK, an echo reply. */
    ANSWER,
    /** What the opener sends after that. */
    OPENER_LATER,
    /** What the other side sends after that. */
    ANSWER_LATER,
    /** What the opener sends after a line of {@link #LINE} bytes. */
    OPENER_AFTER_LINE,
    /** What the other side sends after a line of {@link #LINE} bytes. */
    ANSWER_AFTER_LINE
  }

  /** The length in bytes of a first line, by which FTP's helper learns where lines begin. */
  static final int LINE = 6;

  /** What is wrong with it. */
  enum Flaw {
    NONE,
    /** The transport checksum. */
    CHECKSUM,
    /** TCP's sequence number, SCTP's verification tag. */
    SEQUENCE
  }

  private static final int FIRST = 1000;
  private static final int FIRST_ANSWER = 5000;
  private static final int FAR = 0x4000_0000;
  private static final int TAG = 0x1111;
  private static final int ANSWER_TAG = 0x2222;

  /** A whole packet, or a later fragment, as a point says; what is cut short is not made. */
  static Optional<Draft> of(Space space, Point point) {
    int kind = (int) value(space, point, Field.FRAGMENT);
    if (kind != Space.REGULAR && kind != Space.LATER_FRAGMENT) {
      return Optional.empty();
    }
    int protocol = (int) value(space, point, Field.PROTOCOL);
    boolean ports = Transport.hasPorts(protocol);
    Transport header = new Transport(protocol, ports ? (int) value(space, point, Field.SOURCE_PORT) : 0,
        ports ? (int) value(space, point, Field.DESTINATION_PORT) : 0,
        Transport.isIcmp(protocol) ? (int) value(space, point, Field.ICMP_TYPE_CODE) : 0,
        protocol == Protocols.TCP ? (int) value(space, point, Field.TCP_FLAGS) : 0);
    return Optional.of(new Draft(address(space, point, Field.SOURCE), address(space, point, Field.DESTINATION), header,
        (int) value(space, point, Field.LENGTH), (int) value(space, point, Field.TTL), (int) value(space, point, Field.TOS),
        kind == Space.REGULAR ? Shape.REGULAR : Shape.LATER_FRAGMENT));
  }

  private static long value(Space space, Point point, Field field) {
    return point.low(space.axis(field).index());
  }

  private static IpAddress address(Space space, Point point, Field field) {
    int index = space.axis(field).index();
    return new IpAddress(space.family(), point.high(index), point.low(index));
  }

  /** The bytes; empty when there is no such packet, as with a length that is too short. */
  Optional<byte[]> bytes(Turn turn, Flaw flaw) {
    return bytes(turn, flaw, new byte[0]);
  }

  /** As {@link #bytes(Turn, Flaw)}, quoting a packet as ICMP errors do. */
  Optional<byte[]> bytes(Turn turn, Flaw flaw, byte[] quote) {
    PacketBuilder ip = PacketBuilder.from(source, destination).ttl(ttl).tos(tos).id(1);
    int ipLength = source.family().headerLength();
    for (HeaderHint header : headers) {
      if (source.family() == Family.IPV6 && Ipv6Extensions.isExtension(header.number()) && header.number() != Protocols.IPV6_NONE) {
        ip.extension(header.number(), header.body());
      }
    }
    if (shape == Shape.LATER_FRAGMENT) {
      int body = length == 0 ? 16 : length - ipLength - (source.family() == Family.IPV6 ? 8 : 0);
      return body < 0 ? Optional.empty()
          : Optional.of(ip.fragment(64, false, 1).raw(transport.protocol()).payload(body).build());
    }
    TransportBuilder<?> builder = transport(ip, turn, flaw);
    if (shape == Shape.CUT_SHORT) {
      int keep = length == 0 ? Math.max(0, Transport.headerLength(transport.protocol()) / 2 - 1) : length - ipLength;
      return keep < 0 || keep >= Transport.headerLength(transport.protocol()) ? Optional.empty()
          : Optional.of(builder.truncate(keep).build());
    }
    if (flaw == Flaw.CHECKSUM) {
      builder.badChecksum();
    }
    if (transport.protocol() == Protocols.SCTP) {
      return Optional.of(builder.build()); // chunks, no payload to fill up
    }
    if (length != 0) {
      int least = builder.build().length + quote.length;
      return length < least || length > MOST ? Optional.empty()
          : Optional.of(builder.payload(Arrays.copyOf(quote, quote.length + length - least)).build());
    }
    return Optional.of(builder.payload(quote).build());
  }

  private TransportBuilder<?> transport(PacketBuilder ip, Turn turn, Flaw flaw) {
    boolean fromOpener = turn == Turn.OPENER || turn == Turn.OPENER_LATER || turn == Turn.OPENER_AFTER_LINE;
    switch (transport.protocol()) {
      case Protocols.TCP:
        int first = fromOpener ? FIRST : FIRST_ANSWER;
        boolean afterLine = turn == Turn.OPENER_AFTER_LINE || turn == Turn.ANSWER_AFTER_LINE;
        int seq = first + (turn == Turn.OPENER || turn == Turn.ANSWER ? 0 : afterLine ? 1 + LINE : 1)
            + (flaw == Flaw.SEQUENCE ? FAR : 0);
        int ack = turn == Turn.OPENER ? 0 : (fromOpener ? FIRST_ANSWER : FIRST) + 1;
        return ip.tcp(transport.sourcePort(), transport.destinationPort()).flags(transport.flags()).seq(seq)
            .ack((transport.flags() & 0x10) == 0 ? 0 : ack).window(64240);
      case Protocols.UDP:
        return ip.udp(transport.sourcePort(), transport.destinationPort());
      case Protocols.UDPLITE:
        return ip.udplite(transport.sourcePort(), transport.destinationPort());
      case Protocols.SCTP:
        return sctp(ip.sctp(transport.sourcePort(), transport.destinationPort()), turn, flaw);
      case Protocols.DCCP:
        int type = turn == Turn.OPENER ? 0 : turn == Turn.ANSWER ? 1 : 3;
        return ip.dccp(transport.sourcePort(), transport.destinationPort(), type).seq(fromOpener ? FIRST : FIRST_ANSWER)
            .ack(fromOpener ? FIRST_ANSWER : FIRST);
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        return ip.icmp(transport.icmp() >> 8, transport.icmp() & 0xff).echo(Transport.CLIENT_PORT, 1);
      case Protocols.GRE:
        return ip.gre(0, 0x0800);
      default:
        return ip.raw(transport.protocol()).bytes(headers.stream().filter(header -> header.number() == transport.protocol())
            .map(HeaderHint::body).findFirst().orElse(new int[8]));
    }
  }

  private static SctpBuilder sctp(SctpBuilder packet, Turn turn, Flaw flaw) {
    int wrong = flaw == Flaw.SEQUENCE ? 1 : 0;
    switch (turn) {
      case OPENER:
        return packet.tag(wrong).init(SctpBuilder.INIT, TAG);
      case ANSWER:
        return packet.tag(TAG + wrong).init(SctpBuilder.INIT_ACK, ANSWER_TAG);
      case OPENER_LATER:
        return packet.tag(ANSWER_TAG + wrong).chunk(SctpBuilder.COOKIE_ECHO, 0);
      default:
        return packet.tag(TAG + wrong).chunk(SctpBuilder.COOKIE_ACK, 0);
    }
  }

  Draft with(Transport other) {
    return new Draft(source, destination, other, length, ttl, tos, shape, headers);
  }
}
