package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Sequel;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.analysis.witness.ConnectionPlay.Played;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.Witness;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.host.NetDevice;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;

/** Plays the same on two hosts, walked and compiled, until a connection of a region ends differently, as it was foretold. */
final class PairPlay {
  private static final int A = 0;
  private static final int B = 2;
  private static final int MOST_PORTS = 1 << 16;

  private final Space space;
  private final ConnectionProbe.Extent extent;
  private final Host a;
  private final Host b;
  private final BooleanSupplier goOn;
  /** A walked, A compiled, B walked, B compiled; made when something is to be played. */
  private Simulator[] simulators;

  /** @param goOn is asked before each connection; false interrupts */
  PairPlay(Space space, Host a, Host b, ConnectionProbe.Extent extent, BooleanSupplier goOn) {
    this.space = space;
    this.extent = extent;
    this.a = a;
    this.b = b;
    this.goOn = goOn;
  }

  /**
   * Plays connections of the region, one after the other and each from another port if possible, on the hosts as they have booted.
   *
   * @param first the first packet of the first of them
   * @param before packets that come before each
   * @param rounds how many connections, at most
   * @return all packets, up to the first of a connection that ends differently
   * @throws Interrupted when it is not to go on
   */
  Optional<Witness> play(Region region, Point first, List<Step> before, int rounds) {
    begin();
    List<Step> past = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      goOn();
      for (Step step : before) {
        past.add(step);
        if (!areAsWalked(each(simulator -> List.of(step.play(simulator))))) {
          return Optional.empty();
        }
      }
      Point point = another(region, first, round);
      List<Played> played = new ArrayList<>();
      for (Simulator simulator : simulators) {
        ConnectionPlay.play(simulator, space, point, extent, region.sequel()).ifPresent(played::add);
      }
      if (played.size() < simulators.length || !areAsWalked(played.stream().map(Played::outcomes).toList())) {
        return Optional.empty();
      }
      List<Step> steps = played.get(A).steps();
      int ending = ending(signs(played.get(A).outcomes()), signs(played.get(B).outcomes()));
      if (ending >= 0) {
        past.addAll(steps.subList(0, ending + 1));
        return agrees(region.fateA(), region, played.get(A)) && agrees(region.fateB(), region, played.get(B))
            ? Optional.of(new Witness(past)) : Optional.empty();
      }
      past.addAll(steps);
    }
    return Optional.empty();
  }

  private void begin() {
    for (int i = 0; simulators != null && i < simulators.length; i++) {
      simulators[i] = simulators[i].restarted();
    }
    if (simulators == null) {
      simulators = Stream.of(a, b).flatMap(this::made).toArray(Simulator[]::new);
    }
  }

  /** It takes seconds to compile, and to load, a hundred thousand rules. */
  private Stream<Simulator> made(Host host) {
    CompiledHost program = CompiledHost.compile(host, CompileOptions.DEFAULT, this::goOn);
    goOn();
    Simulator walked = Simulator.builder(host).walker().build();
    goOn();
    return Stream.of(walked, Simulator.builder(host).compiled(program).build());
  }

  private void goOn() {
    if (!goOn.getAsBoolean()) {
      throw new Interrupted();
    }
  }

  private List<List<Outcome>> each(Function<Simulator, List<Outcome>> played) {
    return Arrays.stream(simulators).map(played).toList();
  }

  /** Whether compiled rules have done what the walker has, on both hosts. */
  private static boolean areAsWalked(List<List<Outcome>> played) {
    return signs(played.get(A)).equals(signs(played.get(A + 1))) && signs(played.get(B)).equals(signs(played.get(B + 1)));
  }

  /** The packet from the port that is so many further, if that is of the region, too. */
  private Point another(Region region, Point first, int further) {
    Axis port = space.axis(Field.SOURCE_PORT);
    Point point = first.copy();
    point.set(port, 0, (first.low(port.index()) + further) % MOST_PORTS);
    return region.packets().contains(point) ? point : first;
  }

  /** The first step that ends differently, or -1; of what follows a difference more may be played of one than of the other. */
  private static int ending(List<String> inA, List<String> inB) {
    for (int i = 0; i < Math.min(inA.size(), inB.size()); i++) {
      if (!inA.get(i).equals(inB.get(i))) {
        return i;
      }
    }
    return -1;
  }

  /** Whether what was played may be what was foretold. */
  private static boolean agrees(Fate fate, Region region, Played played) {
    if (fate instanceof Fate.Choice choice) {
      return agrees(choice.yes(), region, played) || agrees(choice.no(), region, played);
    }
    if (!(fate instanceof Fate.End end)) {
      return true;
    }
    if (region.sequel().isPresent() && end.verdict().startsWith(region.sequel().get().words())) {
      return played.followed() && end.verdict().endsWith(Sequel.PASS) == played.connected();
    }
    return !played.followed() && ConnectionProbe.hasPassed(end) == played.passed()
        && end.verdict().equals(ConnectionProbe.CONNECTS) == played.connected();
  }

  /** What can be seen from outside of each packet's end. */
  private static List<String> signs(List<Outcome> outcomes) {
    return outcomes.stream().map(PairPlay::sign).toList();
  }

  private static String sign(Outcome outcome) {
    StringBuilder sign = new StringBuilder(outcome.fate().name()).append(' ')
        .append(outcome.out().filter(out -> outcome.fate().arrived()).map(NetDevice::name).orElse("")).append(' ')
        .append(outcome.connection().map(connection -> connection.mark()).orElse(0));
    outcome.packets().forEach(packet -> sign.append(' ').append(HexFormat.of().formatHex(packet)));
    outcome.answers().forEach(answer -> sign.append(" (").append(sign(answer)).append(')'));
    return sign.toString();
  }
}
