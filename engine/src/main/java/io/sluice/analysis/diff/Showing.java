package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Sequel;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.analysis.witness.ConnectionPlay.Played;
import io.sluice.analysis.witness.Witness;
import io.sluice.host.NetDevice;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Plays connections of a region on both hosts, walked and compiled, until one of them ends as it was foretold. */
final class Showing {
  private static final int MOST_CUBES = 12;
  private static final int VARIANTS = 3;

  private final Space space;
  private final ConnectionProbe.Extent extent;
  private final Host a;
  private final Host b;
  private Simulator[] simulators;

  Showing(Space space, Host a, Host b, ConnectionProbe.Extent extent) {
    this.space = space;
    this.extent = extent;
    this.a = a;
    this.b = b;
  }

  /** Empty when none shows it, as where what differs is not seen from outside (an entry in a set). */
  Optional<Witness> find(Region region) {
    Optional<Witness> found = play(region, region.witness());
    for (Cube cube : region.packets().some(MOST_CUBES)) {
      for (int variant = 0; variant < VARIANTS && found.isEmpty(); variant++) {
        found = play(region, space.pick(cube, variant));
      }
    }
    return found;
  }

  private Optional<Witness> play(Region region, Point point) {
    boolean comesBy = region.sequel().filter(Sequel::isStray).isPresent();
    if (!isThere(point, space.axis(Field.IN_INTERFACE)) || comesBy && !isThere(point, space.then(Field.IN_INTERFACE))) {
      return Optional.empty();
    }
    if (simulators == null) {
      simulators = new Simulator[] {Simulator.builder(a).walker().build(), Simulator.builder(a).compiled().build(),
        Simulator.builder(b).walker().build(), Simulator.builder(b).compiled().build()};
    }
    List<Played> played = new ArrayList<>();
    for (int i = 0; i < simulators.length; i++) {
      simulators[i] = simulators[i].restarted();
      ConnectionPlay.play(simulators[i], space, point, extent, region.sequel()).ifPresent(played::add);
    }
    if (played.size() < simulators.length || !agrees(region.fateA(), region, played.get(0))
        || !agrees(region.fateB(), region, played.get(2))
        || !signs(played.get(0)).equals(signs(played.get(1))) || !signs(played.get(2)).equals(signs(played.get(3)))) {
      return Optional.empty();
    }
    return shown(played.get(0), played.get(2));
  }

  /** Whether both hosts have the interface, if there is one. */
  private boolean isThere(Point point, Axis axis) {
    long value = point.low(axis.index());
    Optional<String> device = space.interfaceName(value);
    return value == 0 || device.isPresent() && a.network().device(device.get()).isPresent()
        && b.network().device(device.get()).isPresent();
  }

  /** The steps up to the first that ends differently. */
  private static Optional<Witness> shown(Played inA, Played inB) {
    List<String> signsA = signs(inA);
    List<String> signsB = signs(inB);
    for (int i = 0; i < Math.min(signsA.size(), signsB.size()); i++) {
      if (!signsA.get(i).equals(signsB.get(i))) {
        return Optional.of(new Witness(inA.steps().subList(0, i + 1)));
      }
    }
    return Optional.empty();
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

  /** What can be seen from outside of each step's end. */
  private static List<String> signs(Played played) {
    return played.outcomes().stream().map(Showing::sign).toList();
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
