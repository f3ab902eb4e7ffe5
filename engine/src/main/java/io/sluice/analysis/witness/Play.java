package io.sluice.analysis.witness;

import io.sluice.host.AddressType;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Plays one attempt: makes each packet from what has come out before. It ends as soon as the goal is met, be it by one of
 * the packets that were only to prepare the last.
 */
final class Play {
  private static final int SYN = 0x02;
  private static final int SYN_ACK = 0x12;
  private static final int ACK = 0x10;
  private static final int PUSH_ACK = 0x18;
  private static final int FTP_CONTROL = 21;
  private static final int TFTP = 69;
  /** What an ICMP error quotes at most (RFC 1812). */
  private static final int QUOTE = 576 - 28;

  private final Simulator simulator;
  private final Goal goal;
  private final Attempt attempt;
  private Transport transport;
  private final List<Step> steps = new ArrayList<>();
  private Outcome outcome;
  private boolean met;

  private Play(Simulator simulator, Goal goal, Attempt attempt) {
    this.simulator = simulator;
    this.goal = goal;
    this.attempt = attempt;
    this.transport = attempt.transport();
  }

  /** What came of an attempt: the steps if the goal was met by the last of them; what became of the last packet. */
  record Result(Optional<Witness> witness, Optional<Outcome> last) {}

  static Result play(Simulator simulator, Goal goal, Attempt attempt) {
    return play(simulator, goal, attempt, List.of(), () -> false);
  }

  /**
   * Plays an attempt after others' packets, and both again until the goal is met.
   *
   * @param before what comes before the attempt
   * @param more whether to play both once more
   */
  static Result play(Simulator simulator, Goal goal, Attempt attempt, List<Step> before, BooleanSupplier more) {
    Play play = new Play(simulator, goal, attempt);
    do {
      before.forEach(play::send);
      if (!play.met) {
        play.run();
      }
    } while (!play.met && more.getAsBoolean());
    return play.result();
  }

  /**
   * Plays an attempt, then its last packet again, or all of it between other ports, until the goal is met.
   *
   * @param others whether each is to be a connection of its own
   * @param more whether one more is worth it
   */
  static Result repeat(Simulator simulator, Goal goal, Attempt attempt, boolean others, BooleanSupplier more) {
    Play play = new Play(simulator, goal, attempt);
    play.run();
    Transport first = attempt.transport();
    boolean varies = Transport.hasPorts(first.protocol()) && first.sourcePort() == Transport.CLIENT_PORT;
    int last = play.steps.size() - 1;
    for (int i = 1; last >= 0 && (varies || !others) && !play.met && more.getAsBoolean(); i++) {
      if (others) {
        play.transport =
            new Transport(first.protocol(), first.sourcePort() + i, first.destinationPort(), first.icmp(), first.flags());
        play.run();
      } else {
        play.send(play.steps.get(last));
      }
    }
    return play.result();
  }

  private Result result() {
    return new Result(met ? Optional.of(new Witness(steps)) : Optional.empty(), Optional.ofNullable(outcome));
  }

  private void run() {
    Lane lane = attempt.lane();
    switch (attempt.course()) {
      case ANSWER:
        answer(Draft.Flaw.NONE);
        break;
      case GOES_ON:
        goesOn(Draft.Flaw.NONE);
        break;
      case GOES_ON_UNANSWERED:
        goesOnUnanswered();
        break;
      case ANSWER_OF_ANY_KIND:
        answerOfAnyKind();
        break;
      case OUT_OF_WINDOW:
        goesOn(Draft.Flaw.SEQUENCE);
        break;
      case ANSWER_OUT_OF_WINDOW:
        answer(Draft.Flaw.SEQUENCE);
        break;
      case ERROR_ABOUT_OPENER:
        errorAboutOpener();
        break;
      case ERROR_ABOUT_ANSWER:
        errorAboutAnswer();
        break;
      case ERROR_ABOUT_NO_ANSWER:
        errorAboutNoAnswer();
        break;
      case EXPECTED:
        expected();
        break;
      case OFFERED:
        offered();
        break;
      case REJECTION:
        send(lane.answerPlace(), plain(lane.destination(), lane.source(), query(transport.reversed())), Draft.Turn.OPENER);
        break;
      case TIME_EXCEEDED:
        Draft last = plain(lane.destination(), lane.source(), query(attempt.opener()));
        send(lane.answerPlace(), new Draft(last.source(), last.destination(), last.transport(), 0, 1, 0, Shape.REGULAR),
            Draft.Turn.OPENER);
        break;
      default:
        send(lane.place(), wanted(first(), attempt.lane().source(), firstDestination()), turn(),
            attempt.course() == Course.BAD_CHECKSUM ? Draft.Flaw.CHECKSUM : Draft.Flaw.NONE, new byte[0], attempt.mark());
    }
  }

  /** A packet that goes back where the last one came from answers it. */
  private Draft.Turn turn() {
    if (steps.isEmpty()) {
      return Draft.Turn.OPENER;
    }
    Packet last = steps.get(steps.size() - 1).header();
    return last.source().equals(firstDestination()) && last.destination().equals(attempt.lane().source())
        ? Draft.Turn.ANSWER : Draft.Turn.OPENER;
  }

  /** The wanted packet follows the opener at once: a SYN again, or what comes after it. */
  private void goesOnUnanswered() {
    Lane lane = attempt.lane();
    if (send(lane.place(), plain(lane.source(), firstDestination(), opening(first())), Draft.Turn.OPENER)) {
      send(lane.place(), wanted(first(), lane.source(), firstDestination()),
          transport.flags() == SYN ? Draft.Turn.OPENER : Draft.Turn.OPENER_LATER, Draft.Flaw.NONE, new byte[0], attempt.mark());
    }
  }

  private void answerOfAnyKind() {
    Lane lane = attempt.lane();
    if (send(lane.answerPlace(), plain(lane.destination(), lane.source(), opening(transport.reversed())), Draft.Turn.OPENER)) {
      wantedReply(outcome, Draft.Turn.ANSWER, Draft.Flaw.NONE);
    }
  }

  /** The wanted packet goes with the opener. */
  private void goesOn(Draft.Flaw flaw) {
    Lane lane = attempt.lane();
    if (!send(lane.place(), plain(lane.source(), firstDestination(), opening(first())), Draft.Turn.OPENER)
        || !reply(Draft.Turn.ANSWER, answering(transport))) {
      return;
    }
    send(lane.place(), wanted(first(), lane.source(), firstDestination()), Draft.Turn.OPENER_LATER, flaw, new byte[0],
        attempt.mark());
  }

  /** The wanted packet goes against the opener. */
  private void answer(Draft.Flaw flaw) {
    Lane lane = attempt.lane();
    Transport opener = opening(transport.reversed());
    IpAddress target = attempt.published().map(Attempt.Published::address).orElse(lane.source());
    if (attempt.published().isPresent() && attempt.published().get().port() >= 0) {
      opener = opener.to(attempt.published().get().port());
    }
    String there = lane.answerPlace();
    if (Transport.isIcmp(transport.protocol()) && opener.icmp() == transport.icmp()
        || !send(there, plain(lane.destination(), target, opener), Draft.Turn.OPENER)) {
      return;
    }
    Outcome first = outcome;
    boolean tcp = transport.protocol() == Protocols.TCP;
    if (flaw != Draft.Flaw.NONE && !tcp) {
      wantedReply(first, Draft.Turn.ANSWER, flaw);
      return;
    }
    if (!tcp || transport.flags() == SYN_ACK) {
      wantedReply(first, Draft.Turn.ANSWER, flaw);
    } else if (reply(first, Draft.Turn.ANSWER, SYN_ACK)
        && send(there, plain(lane.destination(), target, opener.withFlags(ACK)), Draft.Turn.OPENER_LATER)) {
      wantedReply(first, Draft.Turn.ANSWER_LATER, flaw);
    }
  }

  private void errorAboutOpener() {
    Lane lane = attempt.lane();
    IpAddress target = attempt.published().map(Attempt.Published::address).orElse(lane.source());
    Transport opener = attempt.published().filter(p -> p.port() >= 0).map(p -> attempt.opener().to(p.port()))
        .orElse(attempt.opener());
    if (send(lane.answerPlace(), plain(lane.destination(), target, opener), Draft.Turn.OPENER)) {
      error(outcome);
    }
  }

  private void errorAboutAnswer() {
    Lane lane = attempt.lane();
    IpAddress target = firstDestination();
    Transport opener = attempt.published().filter(p -> p.port() >= 0).map(p -> attempt.opener().to(p.port()))
        .orElse(attempt.opener());
    if (send(lane.place(), plain(lane.source(), target, opener), Draft.Turn.OPENER)
        && reply(Draft.Turn.ANSWER, answering(attempt.opener()))) {
      error(outcome);
    }
  }

  private void errorAboutNoAnswer() {
    Lane lane = attempt.lane();
    Optional<IpAddress> own = attempt.published().map(Attempt.Published::address);
    if (own.isEmpty() || !send(Step.LOCAL, plain(own.get(), lane.destination(), attempt.opener()), Draft.Turn.OPENER)) {
      return;
    }
    Packet p = loaded(outcome.packets().get(0));
    plain(p.destination(), p.source(), reversed(p, answering(attempt.opener()))).bytes(Draft.Turn.ANSWER, Draft.Flaw.NONE)
        .ifPresent(answer -> error(loaded(answer)));
  }

  /** From the lane's source, about a packet as it has arrived there. */
  private void error(Outcome about) {
    error(loaded(about.packets().get(0)));
  }

  private void error(Packet quoted) {
    byte[] quote = quoted.toBytes();
    int most = attempt.length() == 0 ? QUOTE : attempt.length() - attempt.lane().source().family().headerLength() - 8;
    if (most < 28) {
      return;
    }
    byte[] cut = quote.length <= most ? quote : Arrays.copyOf(quote, most);
    send(attempt.lane().place(), wanted(transport, attempt.lane().source(), quoted.source()), Draft.Turn.OPENER,
        Draft.Flaw.NONE, cut, attempt.mark());
  }

  private void expected() {
    Lane lane = attempt.lane();
    if (transport.protocol() == Protocols.UDP) {
      Transport request = new Transport(Protocols.UDP, transport.destinationPort(), TFTP, 0, 0);
      byte[] read = "\0\1file\0octet\0".getBytes(StandardCharsets.US_ASCII);
      if (!send(lane.answerPlace(), plain(lane.destination(), lane.source(), request), Draft.Turn.OPENER, Draft.Flaw.NONE, read,
          markAt(lane.answerPlace()))) {
        return;
      }
    } else if (!control(lane.answerPlace(), lane.destination(), lane.source())
        || !announce(plain(lane.destination(), lane.source(), controlled(PUSH_ACK)), Draft.Turn.OPENER_LATER,
            Draft.Turn.OPENER_AFTER_LINE, true)) {
      return;
    }
    send(lane.place(), wanted(transport, lane.source(), lane.destination()), Draft.Turn.OPENER, Draft.Flaw.NONE, new byte[0],
        attempt.mark());
  }

  private void offered() {
    Lane lane = attempt.lane();
    if (transport.protocol() != Protocols.TCP || !control(lane.place(), lane.source(), lane.destination())) {
      return;
    }
    Draft offer = plain(lane.destination(), lane.source(), controlled(PUSH_ACK).reversed());
    if (announce(offer, Draft.Turn.ANSWER_LATER, Draft.Turn.ANSWER_AFTER_LINE, false)) {
      send(lane.place(), wanted(transport, lane.source(), lane.destination()), Draft.Turn.OPENER, Draft.Flaw.NONE, new byte[0],
          attempt.mark());
    }
  }

  /** FTP's control connection: the handshake. */
  private boolean control(String from, IpAddress client, IpAddress server) {
    return send(from, plain(client, server, controlled(SYN)), Draft.Turn.OPENER)
        && reply(outcome, Draft.Turn.ANSWER, SYN_ACK)
        && send(from, plain(client, server, controlled(ACK)), Draft.Turn.OPENER_LATER);
  }

  /** Sends a line and the one that tells where the data connection will be. */
  private boolean announce(Draft packet, Draft.Turn first, Draft.Turn second, boolean active) {
    String place = attempt.lane().answerPlace();
    byte[] line = (active ? "NOOP\r\n" : "200 \r\n").getBytes(StandardCharsets.US_ASCII);
    return send(place, packet, first, Draft.Flaw.NONE, line, markAt(place))
        && send(place, packet, second, Draft.Flaw.NONE, announcement(active), markAt(place));
  }

  private static Transport controlled(int flags) {
    return new Transport(Protocols.TCP, Transport.CLIENT_PORT + 1, FTP_CONTROL, 0, flags);
  }

  private byte[] announcement(boolean active) {
    IpAddress address = attempt.lane().destination();
    int port = transport.destinationPort();
    String text;
    if (address.family() == Family.IPV6) {
      text = active ? "EPRT |2|" + address + "|" + port + "|\r\n" : "229 Extended Passive Mode (|||" + port + "|)\r\n";
    } else {
      String numbers = address.toString().replace('.', ',') + "," + (port >> 8) + "," + (port & 0xff);
      text = active ? "PORT " + numbers + "\r\n" : "227 Entering Passive Mode (" + numbers + ")\r\n";
    }
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private Transport first() {
    return attempt.published().filter(p -> p.port() >= 0).map(p -> transport.to(p.port())).orElse(transport);
  }

  private IpAddress firstDestination() {
    return attempt.published().map(Attempt.Published::address).orElse(attempt.lane().destination());
  }

  private Draft wanted(Transport header, IpAddress source, IpAddress destination) {
    return new Draft(source, destination, header, attempt.length(), attempt.ttl(), attempt.tos(), attempt.shape(),
        attempt.headers());
  }

  private Draft plain(IpAddress source, IpAddress destination, Transport header) {
    return new Draft(source, destination, header, 0, 64, attempt.tos(), Shape.REGULAR);
  }

  /** What begins a conversation in which {@code later} may come. */
  private static Transport opening(Transport later) {
    if (later.protocol() == Protocols.TCP) {
      return later.withFlags(SYN);
    }
    return Transport.isIcmp(later.protocol()) ? later.withIcmp(request(later.icmp())) : later;
  }

  /** As {@link #opening}, but with TCP flags as they are: a rule may reject just those. */
  private static Transport query(Transport header) {
    boolean error = Transport.isIcmp(header.protocol());
    return error ? new Transport(Protocols.TCP, Transport.CLIENT_PORT, 80, 0, SYN)
        : header.protocol() == Protocols.TCP && (header.flags() & 0x04) != 0 ? header.withFlags(SYN) : header;
  }

  private static int request(int icmp) {
    switch (icmp >> 8) {
      case 0:
        return 8 << 8;
      case 14:
      case 16:
      case 18:
        return (icmp >> 8) - 1 << 8;
      case 129:
        return 128 << 8;
      default:
        return icmp;
    }
  }

  private static int answering(Transport header) {
    if (header.protocol() == Protocols.TCP) {
      return SYN_ACK;
    }
    switch (header.icmp() >> 8) {
      case 8:
        return 0;
      case 13:
      case 15:
      case 17:
        return (header.icmp() >> 8) + 1 << 8;
      case 128:
        return 129 << 8;
      default:
        return header.icmp();
    }
  }

  private boolean reply(Draft.Turn turn, int kind) {
    return reply(outcome, turn, kind);
  }

  /** Answers a packet where it has arrived; {@code kind} is TCP's flags or ICMP's type and code. */
  private boolean reply(Outcome to, Draft.Turn turn, int kind) {
    Packet p = loaded(to.packets().get(0));
    Transport header = reversed(p, kind);
    String place = arrivedAt(to);
    return send(place, plain(p.destination(), p.source(), header), turn);
  }

  /** As {@link #reply}, with everything that is wished of the last packet. */
  private void wantedReply(Outcome to, Draft.Turn turn, Draft.Flaw flaw) {
    Packet p = loaded(to.packets().get(0));
    int kind = transport.protocol() == Protocols.TCP ? transport.flags() : transport.icmp();
    send(arrivedAt(to), wanted(reversed(p, kind), p.destination(), p.source()), turn, flaw, new byte[0],
        markAt(arrivedAt(to)));
  }

  private static Transport reversed(Packet p, int kind) {
    boolean ports = Transport.hasPorts(p.protocol()) && p.hasTransport(4);
    return new Transport(p.protocol(), ports ? p.destinationPort() : 0, ports ? p.sourcePort() : 0,
        Transport.isIcmp(p.protocol()) ? kind : 0, p.protocol() == Protocols.TCP ? kind : 0);
  }

  private String arrivedAt(Outcome outcome) {
    return outcome.fate() == Fate.DELIVERED ? Step.LOCAL
        : attempt.lane().answerPlace(outcome.out().orElseThrow(), steps.get(steps.size() - 1).place());
  }

  private static Packet loaded(byte[] bytes) {
    Packet packet = new Packet();
    packet.load(bytes, bytes.length);
    return packet;
  }

  private boolean isOwn(IpAddress address) {
    return simulator.host().network().routing().addressType(address.family(), address.hi(), address.lo(), null)
        == AddressType.LOCAL;
  }

  private int markAt(String place) {
    return place.equals(Step.LOCAL) ? attempt.mark() : 0;
  }

  private boolean send(String place, Draft draft, Draft.Turn turn) {
    if (place.equals(Step.LOCAL) && !isOwn(draft.source())) {
      return false; // only a raw socket could, and it would not get to see the answer
    }
    return send(place, draft, turn, Draft.Flaw.NONE, new byte[0], markAt(place));
  }

  /** Sends a packet; false when the goal is met, or when it did not arrive, so that nothing more can come of it. */
  private boolean send(String place, Draft draft, Draft.Turn turn, Draft.Flaw flaw, byte[] payload, int mark) {
    Optional<byte[]> bytes = draft.bytes(turn, flaw, payload);
    if (bytes.isEmpty() || bytes.get().length > 65_535) {
      return false;
    }
    Step step = place.equals(Step.LOCAL) ? new Step(place, bytes.get(), mark, attempt.owner(), 0)
        : new Step(place, bytes.get(), attempt.lane().frame(place, draft.source()));
    send(step);
    return !met && outcome.fate().arrived() && !outcome.packets().isEmpty();
  }

  /** Sends a packet, unless the goal is met. */
  private void send(Step step) {
    if (!met) {
      steps.add(step);
      goal.before(simulator, step);
      outcome = step.play(simulator);
      met = goal.isMet(simulator, outcome);
    }
  }
}
