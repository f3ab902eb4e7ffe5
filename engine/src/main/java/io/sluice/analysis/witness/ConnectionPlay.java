package io.sluice.analysis.witness;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Sequel;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.host.AddressType;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Plays a connection that {@link ConnectionProbe} speaks of: its first packet, the answer to that, and what follows the answer,
 * each made from what has come out before.
 */
public final class ConnectionPlay {
  private static final int RESET = 0x14;
  private static final int SYN_ACK = 0x12;
  private static final int ACK = 0x10;
  private static final int ECHO_REPLY6 = 129 << 8;
  private static final int ERROR_HEADER = 8;

  private final Simulator simulator;
  private final List<Step> steps = new ArrayList<>();
  private final List<Outcome> outcomes = new ArrayList<>();
  private boolean connected;
  private boolean followed;

  private ConnectionPlay(Simulator simulator) {
    this.simulator = simulator;
  }

  /**
   * What was played.
   *
   * @param outcomes what became of each step's packet
   * @param connected whether the answer came back, and what followed it arrived where the first packet did
   * @param followed whether what was to follow was sent
   */
  public record Played(List<Step> steps, List<Outcome> outcomes, boolean connected, boolean followed) {
    public Played {
      steps = List.copyOf(steps);
      outcomes = List.copyOf(outcomes);
    }

    /** Whether the first packet arrived. */
    public boolean passed() {
      return outcomes.get(0).fate().arrived();
    }
  }

  /** As {@link #play(Simulator, Space, Point, ConnectionProbe.Extent, Optional)} with nothing that follows. */
  public static Optional<Played> play(Simulator simulator, Space space, Point first, ConnectionProbe.Extent extent) {
    return play(simulator, space, first, extent, Optional.empty());
  }

  /**
   * Plays it on a host as it has booted.
   *
   * @param first the first packet as it comes in, or as the host sends it, on an interface that the host has
   * @param extent how far to go
   * @param sequel what is to follow; then {@code connected} says whether that gets where it is to, if it is sent
   * @return empty when there is no such packet
   */
  public static Optional<Played> play(
      Simulator simulator, Space space, Point first, ConnectionProbe.Extent extent, Optional<Sequel> sequel) {
    ConnectionPlay play = new ConnectionPlay(simulator);
    play.run(space, first, extent, sequel.orElse(null));
    return play.outcomes.isEmpty() ? Optional.empty()
        : Optional.of(new Played(play.steps, play.outcomes, play.connected, play.followed));
  }

  private void run(Space space, Point first, ConnectionProbe.Extent extent, Sequel sequel) {
    String place = device(space, first.low(space.axis(Field.IN_INTERFACE).index()));
    Draft draft = Draft.of(space, first).orElseThrow();
    Transport opener = draft.transport();
    if (!arrives(place, draft, Draft.Turn.OPENER)) {
      return;
    }
    Outcome passed = last();
    Packet seen = loaded(passed);
    boolean hasAnswer = passed.fate() != Fate.DELIVERED || isOfSockets(seen.destination());
    Transport answer = Transport.hasPorts(opener.protocol())
        ? new Transport(opener.protocol(), seen.destinationPort(), seen.sourcePort(), 0, SYN_ACK)
        : opener.withIcmp(space.family() == Family.IPV4 ? 0 : ECHO_REPLY6);
    Draft reply = new Draft(seen.destination(), seen.source(), answer, draft.length(), 64, draft.tos(), Shape.REGULAR);
    if (sequel == Sequel.AGAIN) {
      follow(place, draft, Draft.Turn.OPENER, end(passed));
    } else if (sequel == Sequel.REFUSAL) {
      follow(end(passed), then(space, first, reply, RESET), Draft.Turn.ANSWER, place);
    } else if (sequel != null && sequel.isError() && !sequel.isAboutAnswer()) {
      error(space, first, passed, sequel, place);
    } else if (extent != ConnectionProbe.Extent.FIRST && hasAnswer && arrives(end(passed), reply, Draft.Turn.ANSWER)
        && end(last()).equals(place)) {
      Outcome answered = last();
      if (sequel != null && sequel.isAboutAnswer()) {
        error(space, first, answered, sequel, end(passed));
        return;
      }
      connected = arrives(place, draft.with(opener.withFlags(ACK)), Draft.Turn.OPENER_LATER) && end(last()).equals(end(passed));
      int flags = sequel == null ? 0 : (int) first.low(space.then(Field.TCP_FLAGS).index());
      if (connected && sequel == Sequel.LATER) {
        follow(place, then(space, first, draft, flags), Draft.Turn.OPENER_LATER, end(passed));
      } else if (connected && sequel == Sequel.LATER_ANSWER) {
        follow(end(passed), then(space, first, reply, flags), Draft.Turn.ANSWER_LATER, place);
      }
    }
  }

  /** IPv6: no socket answers from an address of many hosts. IPv4's routing takes no such sources. */
  private boolean isOfSockets(IpAddress address) {
    AddressType type = simulator.host().network().routing().addressType(address.family(), address.hi(), address.lo(), null);
    return address.family() == Family.IPV4 || type != AddressType.ANYCAST && type != AddressType.MULTICAST;
  }

  /** The packet with what is its own of the headers. */
  private static Draft then(Space space, Point first, Draft like, int flags) {
    Transport header = like.transport().protocol() == Protocols.TCP ? like.transport().withFlags(flags) : like.transport();
    return new Draft(like.source(), like.destination(), header, then(space, first, Field.LENGTH), then(space, first, Field.TTL),
        then(space, first, Field.TOS), Shape.REGULAR);
  }

  private static int then(Space space, Point first, Field field) {
    return (int) first.low(space.then(field).index());
  }

  /** An ICMP error about a packet that has arrived somewhere: from there, or by an interface of its own choice. */
  private void error(Space space, Point first, Outcome about, Sequel sequel, String to) {
    Packet seen = loaded(about);
    int source = space.then(Field.SOURCE).index();
    IpAddress from = new IpAddress(space.family(), first.high(source), first.low(source));
    int protocol = space.family() == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6;
    Transport header = new Transport(protocol, 0, 0, then(space, first, Field.ICMP_TYPE_CODE), 0);
    int length = then(space, first, Field.LENGTH);
    int quoted = length - space.family().headerLength() - ERROR_HEADER;
    byte[] bytes = about.packets().get(0);
    connected = false;
    String place = sequel.isStray() ? device(space, first.low(space.then(Field.IN_INTERFACE).index())) : end(about);
    boolean redirect = space.family() == Family.IPV4 && header.icmp() >> 8 == IcmpTypes.REDIRECT;
    if (quoted > 0 && (!sequel.isStray() || redirect || !place.equals(end(about)))) {
      new Draft(from, seen.source(), header, length, then(space, first, Field.TTL), then(space, first, Field.TOS), Shape.REGULAR)
          .bytes(Draft.Turn.OPENER, Draft.Flaw.NONE, Arrays.copyOf(bytes, Math.min(bytes.length, quoted)))
          .ifPresent(error -> follow(place, error, to));
    }
  }

  private void follow(String place, Draft draft, Draft.Turn turn, String to) {
    connected = false;
    draft.bytes(turn, Draft.Flaw.NONE).ifPresent(bytes -> follow(place, bytes, to));
  }

  private void follow(String place, byte[] bytes, String to) {
    followed = true;
    connected = arrives(place, bytes) && end(last()).equals(to);
  }

  private static Packet loaded(Outcome outcome) {
    Packet seen = new Packet();
    byte[] bytes = outcome.packets().get(0);
    seen.load(bytes, bytes.length);
    return seen;
  }

  private static String device(Space space, long value) {
    return value == 0 ? Step.LOCAL : space.interfaceName(value).orElseThrow();
  }

  private boolean arrives(String place, Draft draft, Draft.Turn turn) {
    Optional<byte[]> bytes = draft.bytes(turn, Draft.Flaw.NONE);
    return bytes.isPresent() && arrives(place, bytes.get());
  }

  private boolean arrives(String place, byte[] bytes) {
    Step step = new Step(place, bytes, 0, 0);
    steps.add(step);
    outcomes.add(step.play(simulator));
    return last().fate().arrived();
  }

  private Outcome last() {
    return outcomes.get(outcomes.size() - 1);
  }

  /** Where the packet arrived, as the place from which answers come. */
  private static String end(Outcome outcome) {
    return outcome.fate() == Fate.DELIVERED ? Step.LOCAL : outcome.out().map(NetDevice::name).orElse(Step.LOCAL);
  }
}
