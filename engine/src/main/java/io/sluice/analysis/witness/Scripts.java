package io.sluice.analysis.witness;

import io.sluice.net.Owner;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Lists the attempts of one course for one set of wishes, the likeliest first. */
final class Scripts {
  private static final int SYN = 0x02;
  private static final int SYN_ACK = 0x12;
  private static final int MOST_PUBLISHED = 8;

  private final Family family;
  private final Hook hook;
  private final Wishes wishes;
  private final Optional<Shape> shape;
  private final List<Lane> lanes;
  private final List<Transport> transports;
  private final List<Published> published;
  private final List<IpAddress> own;

  /** Where a packet is sent for NAT to bring it elsewhere; {@code to} is where, if that is known. */
  record Published(Attempt.Published at, Optional<IpAddress> to) {}

  Scripts(
      Family family, Hook hook, Wishes wishes, Optional<Shape> shape, List<Lane> lanes, List<Transport> transports,
      List<Published> published, List<IpAddress> own) {
    this.family = family;
    this.hook = hook;
    this.wishes = wishes;
    this.shape = shape;
    this.lanes = lanes;
    this.transports = transports;
    this.published = published;
    this.own = own;
  }

  /** Hands out attempts until {@code tried} says that it is enough, or until there are {@code most}. */
  void each(Course course, int most, Predicate<Attempt> tried) {
    List<Transport> headers = headers(course);
    List<Transport> openers = openers(course);
    List<Optional<Published>> targets = targets(course);
    List<Long> lengths = wishes.asksFor(Field.LENGTH) ? wishes.values(Field.LENGTH, 3, 60, 100, 1000) : List.of(0L);
    List<Long> ttls = wishes.asksFor(Field.TTL) ? wishes.values(Field.TTL, 3, 64, 63) : List.of(-1L);
    List<Long> toses = wishes.values(Field.TOS, 2, 0);
    List<Long> marks = wishes.values(Field.MARK, 2, 0);
    List<Owner> owners = wishes.owners(3);
    List<Shape> shapes = shapes();
    Diagonals all = new Diagonals(headers.size(), lanes.size(), targets.size(), openers.size(), lengths.size(), ttls.size(),
        toses.size(), marks.size(), shapes.size(), owners.size());
    int count = 0;
    while (count < most && all.next()) {
      Lane lane = lanes.get(all.at(1));
      Optional<Published> target = targets.get(all.at(2));
      if (lane.in() != null && (all.at(7) > 0 || all.at(9) > 0 && !lane.answerPlace().equals(Step.LOCAL))) {
        continue;
      }
      int ttl = ttl(ttls.get(all.at(5)).intValue(), lane);
      int mark = lane.in() == null || lane.answerPlace().equals(Step.LOCAL) ? marks.get(all.at(7)).intValue() : 0;
      Attempt attempt = new Attempt(course, lane, headers.get(all.at(0)), openers.get(all.at(3)), target.map(Published::at),
          lengths.get(all.at(4)).intValue(), ttl, toses.get(all.at(6)).intValue(), lane.in() == null ? mark : 0,
          owners.get(all.at(9)), shapes.get(all.at(8)), wishes.headers());
      count++;
      if (ttl <= 255 && tried.test(attempt)) {
        return;
      }
    }
  }

  /** What to send for the TTL that is wished for, or 64: a router takes one off before FORWARD. */
  private int ttl(int wished, Lane lane) {
    if (wished < 0) {
      return 64;
    }
    boolean forwarded = lane.in() != null && (hook == Hook.FORWARD || hook == Hook.POSTROUTING);
    return wished + (forwarded ? 1 : 0);
  }

  private List<Shape> shapes() {
    if (shape.isPresent()) {
      return List.of(shape.get());
    }
    return wishes.asksFor(Field.FRAGMENT) && !wishes.allows(Field.FRAGMENT, 0) ? List.of(Shape.LATER_FRAGMENT)
        : List.of(Shape.REGULAR);
  }

  private List<Transport> headers(Course course) {
    List<Transport> fitting = new ArrayList<>();
    for (Transport header : transports) {
      boolean fits;
      switch (course) {
        case ERROR_ABOUT_OPENER:
        case ERROR_ABOUT_ANSWER:
        case ERROR_ABOUT_NO_ANSWER:
          fits = isError(header);
          break;
        case EXPECTED:
          fits = header.protocol() == Protocols.TCP && header.flags() == SYN || header.protocol() == Protocols.UDP;
          break;
        case OFFERED:
          fits = header.protocol() == Protocols.TCP && header.flags() == SYN;
          break;
        case OUT_OF_WINDOW:
        case ANSWER_OUT_OF_WINDOW:
          fits = header.protocol() == Protocols.TCP || header.protocol() == Protocols.SCTP;
          break;
        case ANSWER_OF_ANY_KIND:
          fits = header.protocol() == Protocols.TCP && header.flags() != SYN_ACK; // others have no other answers
          break;
        case ANSWER:
        case GOES_ON:
        case GOES_ON_UNANSWERED:
          fits = !isError(header);
          break;
        default:
          fits = true;
      }
      if (fits) {
        fitting.add(header);
      }
    }
    return fitting;
  }

  private static boolean isError(Transport header) {
    int type = header.icmp() >> 8;
    return header.protocol() == Protocols.ICMPV6 && !IcmpTypes.isInformational6(type)
        || header.protocol() == Protocols.ICMP && IcmpTypes.isError4(type);
  }

  /** What an error may be about, and what may run out of TTL. */
  private List<Transport> openers(Course course) {
    boolean any = course == Course.ERROR_ABOUT_OPENER || course == Course.ERROR_ABOUT_ANSWER
        || course == Course.ERROR_ABOUT_NO_ANSWER || course == Course.TIME_EXCEEDED;
    Transport web = new Transport(Protocols.TCP, Transport.CLIENT_PORT, 80, 0, SYN);
    if (!any) {
      return List.of(web);
    }
    boolean v4 = family == Family.IPV4;
    return List.of(web, new Transport(Protocols.UDP, Transport.CLIENT_PORT, 53, 0, 0),
        new Transport(v4 ? Protocols.ICMP : Protocols.ICMPV6, 0, 0, v4 ? Transport.ECHO_REQUEST4 : Transport.ECHO_REQUEST6, 0),
        new Transport(Protocols.TCP, Transport.CLIENT_PORT, 22, 0, SYN),
        new Transport(Protocols.TCP, Transport.CLIENT_PORT, 443, 0, SYN));
  }

  private List<Optional<Published>> targets(Course course) {
    List<Optional<Published>> targets = new ArrayList<>(List.of(Optional.empty()));
    if (course == Course.ERROR_ABOUT_OPENER || course == Course.ERROR_ABOUT_NO_ANSWER) {
      // Whoever has spoken with the host itself gets errors about that from anywhere.
      own.forEach(address -> targets.add(Optional.of(new Published(new Attempt.Published(address, -1), Optional.empty()))));
    }
    if (course != Course.EXPECTED && course != Course.OFFERED && course != Course.REJECTION && course != Course.TIME_EXCEEDED
        && course != Course.ERROR_ABOUT_NO_ANSWER && course != Course.ANSWER_OF_ANY_KIND) {
      for (Published p : published) {
        if (targets.size() <= MOST_PUBLISHED && leadsTo(p, course)) {
          targets.add(Optional.of(p));
        }
      }
    }
    return targets;
  }

  /** Whether NAT brings a packet to an address that will do. */
  private boolean leadsTo(Published target, Course course) {
    boolean other = course == Course.ANSWER || course == Course.ANSWER_OUT_OF_WINDOW || course == Course.ERROR_ABOUT_OPENER;
    return target.to().map(to -> wishes.allows(other ? Field.SOURCE : Field.DESTINATION, to)).orElse(true);
  }
}
