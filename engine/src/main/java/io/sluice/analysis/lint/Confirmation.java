package io.sluice.analysis.lint;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Shape;
import io.sluice.analysis.witness.Sighting;
import io.sluice.analysis.witness.WitnessFinder;
import io.sluice.analysis.witness.WitnessSearch;
import io.sluice.compile.ValueSet;
import io.sluice.compile.chain.CompileBudgetException;
import io.sluice.host.NetDevice;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Turns what a table's rules say into a rule's status: it is reachable only with a witness. */
final class Confirmation {
  /** Attempts for all rules of a host together, and for one rule: a witness that exists is nearly always among the first. */
  private static final int ALL_ATTEMPTS = 400_000;
  private static final int LEAST_ATTEMPTS = 401;
  private static final int MOST_ATTEMPTS = 4_000;

  private final Optional<WitnessFinder> finder;
  private final String reason;

  private Confirmation(Optional<WitnessFinder> finder, String reason) {
    this.finder = finder;
    this.reason = reason;
  }

  static Confirmation none() {
    return new Confirmation(Optional.empty(), "its table lets packets through to it; no witness was looked for");
  }

  /** @param rules how many rules a witness is looked for */
  static Confirmation of(Host host, int rules) {
    int attempts = Math.max(LEAST_ATTEMPTS, Math.min(MOST_ATTEMPTS, ALL_ATTEMPTS / Math.max(1, rules)));
    try {
      return new Confirmation(Optional.of(new WitnessFinder(host, attempts)), "");
    } catch (CompileBudgetException e) {
      return new Confirmation(Optional.empty(), e.getMessage());
    }
  }

  RuleStatus status(TableLint lint, RuleResult result, Subject subject) {
    RulePlace place = Names.place(lint.table(), result.rule());
    if (result.isDead() && result.code().get() != Code.ONLY_IRREGULAR) {
      String why = result.reason().isEmpty() ? result.code().get().title() : result.reason();
      return new RuleStatus(place, subject, RuleStatus.State.NEVER, why, Optional.empty());
    }
    if (finder.isEmpty()) {
      return new RuleStatus(place, subject, RuleStatus.State.MAYBE,
          result.isReached() ? reason : result.reason(), Optional.empty());
    }
    List<Sighting> hints = new ArrayList<>();
    for (RuleResult.Reached reached : result.reached()) {
      hints.add(sighting(lint, reached));
    }
    WitnessSearch search = finder.get().find(place, hints);
    if (search.witness().isPresent()) {
      return new RuleStatus(place, subject, RuleStatus.State.REACHABLE, "", search.witness());
    }
    String ends = search.ends().isEmpty() ? "" : ": " + String.join("; ", search.ends());
    String doubt = result.isReached() ? "its table lets packets through to it, but " : result.reason() + "; ";
    return new RuleStatus(place, subject, RuleStatus.State.MAYBE,
        doubt + "no witness was found in " + search.attempts() + " attempts" + ends, Optional.empty());
  }

  /** What the packet must be: what the rules ask of it, not what was chosen for it because some value must be. */
  private static Sighting sighting(TableLint lint, RuleResult.Reached reached) {
    Space space = lint.table().space();
    Point packet = reached.reach().packet();
    BaseChain base = reached.base().base().orElseThrow();
    Predicate<Axis> asked = axis -> isAsked(axis, reached.reach().within(), lint.among(reached.base()));
    Sighting seen = Sighting.at(space.family(), lint.table().name(), base.hook()).shape(Shape.REGULAR);
    for (Field field : Field.values()) {
      if (field == Field.MARK || field == Field.CONNMARK) {
        if (space.markAxes(field).stream().anyMatch(asked)) {
          seen = seen.number(field, space.mark(field, packet));
        }
      } else if (field != Field.FRAGMENT && asked.test(space.axis(field))) {
        seen = with(seen, field, packet, space);
      }
    }
    for (Circumstance circumstance : Circumstance.values()) {
      Optional<Axis> axis = space.axisOf(circumstance).filter(asked);
      long value = axis.isPresent() ? packet.low(axis.get().index()) : 0;
      // What a bridge's frame came by is chosen later: it came by some port.
      if (axis.isPresent() && (circumstance != Circumstance.PORT_IN || value != 0)) {
        seen = seen.known(circumstance, circumstance.isPort() ? index(space, value) : value);
      }
    }
    return seen;
  }

  /** The index of an interface that has the value; 0 for none. */
  private static long index(Space space, long value) {
    return space.interfaceName(value).flatMap(name -> space.hosts().get(0).network().device(name)).map(NetDevice::index).orElse(0);
  }

  private static boolean isAsked(Axis axis, Cube within, List<Cube> among) {
    ValueSet values = within.values(axis);
    return values != null && among.stream().noneMatch(cube -> values.equals(cube.values(axis)));
  }

  private static Sighting with(Sighting seen, Field field, Point packet, Space space) {
    long high = packet.high(space.axis(field).index());
    long low = packet.low(space.axis(field).index());
    switch (field) {
      case IN_INTERFACE:
        return space.interfaceName(low).map(seen::in).orElse(seen);
      case OUT_INTERFACE:
        return space.interfaceName(low).map(seen::out).orElse(seen);
      case SOURCE:
        return seen.source(new IpAddress(space.family(), high, low));
      case DESTINATION:
        return seen.destination(new IpAddress(space.family(), high, low));
      default:
        return seen.number(field, low);
    }
  }
}
