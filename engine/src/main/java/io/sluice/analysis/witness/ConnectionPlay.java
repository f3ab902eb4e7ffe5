package io.sluice.analysis.witness;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.packet.Packet;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Plays a connection that {@link ConnectionProbe} speaks of: its first packet, the answer to that, and what follows the answer,
 * each made from what has come out before.
 */
public final class ConnectionPlay {
  private static final int SYN_ACK = 0x12;
  private static final int ACK = 0x10;
  private static final int ECHO_REPLY6 = 129 << 8;

  private final Simulator simulator;
  private final List<Step> steps = new ArrayList<>();
  private final List<Outcome> outcomes = new ArrayList<>();
  private boolean connected;

  private ConnectionPlay(Simulator simulator) {
    this.simulator = simulator;
  }

  /**
   * What was played.
   *
   * @param outcomes what became of each step's packet
   * @param connected whether the answer came back, and what followed it arrived where the first packet did
   */
  public record Played(List<Step> steps, List<Outcome> outcomes, boolean connected) {
    public Played {
      steps = List.copyOf(steps);
      outcomes = List.copyOf(outcomes);
    }

    /** Whether the first packet arrived. */
    public boolean passed() {
      return outcomes.get(0).fate().arrived();
    }
  }

  /**
   * Plays it on a host as it has booted.
   *
   * @param first the first packet as it comes in, or as the host sends it, on an interface that the host has
   * @param extent how far to go
   * @return empty when there is no such packet
   */
  public static Optional<Played> play(Simulator simulator, Space space, Point first, ConnectionProbe.Extent extent) {
    ConnectionPlay play = new ConnectionPlay(simulator);
    play.run(space, first, extent);
    return play.outcomes.isEmpty() ? Optional.empty() : Optional.of(new Played(play.steps, play.outcomes, play.connected));
  }

  private void run(Space space, Point first, ConnectionProbe.Extent extent) {
    long in = value(space, first, Field.IN_INTERFACE);
    String place = in == 0 ? Step.LOCAL : space.interfaceName(in).orElseThrow();
    Draft draft = Draft.of(space, first).orElseThrow();
    Transport opener = draft.transport();
    if (!arrives(place, draft, Draft.Turn.OPENER) || extent == ConnectionProbe.Extent.FIRST) {
      return;
    }
    Outcome passed = last();
    Packet seen = new Packet();
    byte[] bytes = passed.packets().get(0);
    seen.load(bytes, bytes.length);
    Transport answer = Transport.hasPorts(opener.protocol())
        ? new Transport(opener.protocol(), seen.destinationPort(), seen.sourcePort(), 0, SYN_ACK)
        : opener.withIcmp(space.family() == Family.IPV4 ? 0 : ECHO_REPLY6);
    Draft reply = new Draft(seen.destination(), seen.source(), answer, draft.length(), 64, draft.tos(), Shape.REGULAR);
    connected = arrives(end(passed), reply, Draft.Turn.ANSWER) && end(last()).equals(place)
        && arrives(place, draft.with(opener.withFlags(ACK)), Draft.Turn.OPENER_LATER) && end(last()).equals(end(passed));
  }

  private boolean arrives(String place, Draft draft, Draft.Turn turn) {
    Optional<byte[]> bytes = draft.bytes(turn, Draft.Flaw.NONE);
    if (bytes.isEmpty()) {
      return false;
    }
    Step step = new Step(place, bytes.get(), 0, 0);
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

  private static long value(Space space, Point point, Field field) {
    return point.low(space.axis(field).index());
  }
}
