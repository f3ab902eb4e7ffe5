package io.sluice.analysis.lint;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.witness.Shape;
import io.sluice.analysis.witness.Sighting;
import io.sluice.compile.ValueSet;
import io.sluice.host.NetDevice;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Field;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** What an analysis has found out, for those who look for witnesses. */
final class Hints {
  private Hints() {}

  /**
   * What the packet must be: what the rules ask of it, not what was chosen for it because some value must be.
   *
   * @param from the base chain that it enters
   * @param within packets among which it was found
   */
  static Sighting sighting(TableLint lint, SymbolicChain from, Point packet, Cube within) {
    Space space = lint.table().space();
    BaseChain base = from.base().orElseThrow();
    List<Field> telling = CtStates.isTracked(base) ? List.of(Field.PROTOCOL, Field.ICMP_TYPE_CODE)
        : List.of(Field.PROTOCOL, Field.ICMP_TYPE_CODE, Field.IN_INTERFACE);
    Predicate<Axis> asked =
        axis -> isAsked(axis, within, lint.among(from), axis.field().filter(telling::contains).isPresent());
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

  /** @param what whether the values say what a packet is that is so as it is asked for: only ICMP errors are RELATED */
  private static boolean isAsked(Axis axis, Cube within, List<Cube> among, boolean what) {
    ValueSet values = within.values(axis);
    Predicate<Cube> equal = cube -> values.equals(cube.values(axis));
    return values != null && (what ? !among.stream().allMatch(equal) : among.stream().noneMatch(equal));
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
