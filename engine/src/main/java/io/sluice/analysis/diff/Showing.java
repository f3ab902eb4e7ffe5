package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Sequel;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.analysis.witness.Missing;
import io.sluice.analysis.witness.Witness;
import io.sluice.analysis.witness.WitnessFinder;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Looks for packets that show a region.
 *
 * <pre>
 *   one connection ─▶ ends differently?
 *   where A or B asks what came before:
 *   the same again and again, as limits, quotas and counts want it ─▶ one ends differently?
 *   what its addresses are not entered in (lists, sets) ─▶ packets that rules enter there, by turns with it ─▶ one ends differently?
 * </pre>
 */
final class Showing {
  private static final int MOST_CUBES = 12;
  private static final int VARIANTS = 3;
  /** Of so many packets it is tried what comes of them after others. */
  private static final int FEW = 4;
  /** As many as {@code --hitcount} is asked for, mostly; and more than any burst that is not told. */
  private static final int ROUNDS = 64;
  /** Attempts to find packets that a rule enters somewhere. */
  private static final int ATTEMPTS = 400;

  private final Space space;
  private final ConnectionProbe.Extent extent;
  private final Host a;
  private final Host b;
  private final PairPlay both;
  private final BooleanSupplier goOn;
  private final Map<Host, WitnessFinder> finders = new IdentityHashMap<>();

  /** @param goOn is asked before each connection that is played; false interrupts */
  Showing(Space space, Host a, Host b, ConnectionProbe.Extent extent, BooleanSupplier goOn) {
    this.space = space;
    this.extent = extent;
    this.a = a;
    this.b = b;
    this.both = new PairPlay(space, a, b, extent, goOn);
    this.goOn = goOn;
  }

  /** The region with what shows it, if there is something: not where what differs is not seen from outside (an entry in a set). */
  Region show(Region region) {
    try {
      Optional<Witness> plain = points(region, VARIANTS).stream().flatMap(point -> both.play(region, point, List.of(), 1).stream()).findFirst();
      if (plain.isPresent() || region.fateA().isCertain() && region.fateB().isCertain()) {
        return plain.map(region::shownBy).orElse(region);
      }
      List<Point> few = points(region, 1).stream().limit(FEW).toList();
      Optional<Witness> again = few.stream().flatMap(point -> both.play(region, point, List.of(), ROUNDS).stream()).findFirst();
      return again.map(region::shownBy).orElseGet(() -> entered(region, few));
    } catch (Interrupted e) {
      return region.leaving(Region.Left.PLAYING);
    }
  }

  /** Those of the region that it is tried with. */
  private List<Point> points(Region region, int variants) {
    List<Point> points = new ArrayList<>(List.of(region.witness()));
    for (Cube cube : region.packets().some(MOST_CUBES)) {
      for (int variant = 0; variant < variants; variant++) {
        points.add(space.pick(cube, variant));
      }
    }
    boolean comesBy = region.sequel().filter(Sequel::isStray).isPresent();
    return points.stream().filter(point -> isThere(point, space.axis(Field.IN_INTERFACE))
        && (!comesBy || isThere(point, space.then(Field.IN_INTERFACE)))).toList();
  }

  /** Whether both hosts have the interface, if there is one. */
  private boolean isThere(Point point, Axis axis) {
    long value = point.low(axis.index());
    Optional<String> device = space.interfaceName(value);
    return value == 0 || device.isPresent() && a.network().device(device.get()).isPresent()
        && b.network().device(device.get()).isPresent();
  }

  /** What shows it after packets that rules enter in lists and sets. */
  private Region entered(Region region, List<Point> points) {
    Set<Missing> tried = new LinkedHashSet<>();
    for (Point point : points) {
      for (Host host : List.of(a, b)) {
        for (Missing missing : missing(host, region, point)) {
          Optional<Witness> entering = tried.add(missing) ? finder(host).entering(missing) : Optional.empty();
          Optional<Witness> shown = entering.flatMap(witness -> both.play(region, point, witness.steps(), ROUNDS));
          if (shown.isPresent()) {
            return region.shownBy(shown.get());
          }
        }
      }
    }
    return region.unshown(tried.stream().filter(this::isNeverEntered).findFirst().map(Showing::neverEntered));
  }

  /** What is missing that the connection's fate on the host depends on. */
  private List<Missing> missing(Host host, Region region, Point point) {
    Fate fate = host == a ? region.fateA() : region.fateB();
    return fate.isCertain() ? List.of()
        : Missing.of(host, simulator -> ConnectionPlay.play(simulator, space, point, extent, region.sequel())).stream()
            .filter(missing -> fate.asks(missing.words())).toList();
  }

  private WitnessFinder finder(Host host) {
    return finders.computeIfAbsent(host, k -> new WitnessFinder(host, ATTEMPTS, goOn));
  }

  private boolean isNeverEntered(Missing missing) {
    return !missing.set() && !finder(a).mayEnter(missing) && !finder(b).mayEnter(missing);
  }

  private static String neverEntered(Missing missing) {
    return "no rule enters anything in the list " + missing.name() + " of recent, only a program may";
  }
}
