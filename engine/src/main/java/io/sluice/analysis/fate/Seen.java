package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.RuleShape;
import io.sluice.compile.ValueSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A packet as rules see it somewhere on its way. Immutable. */
final class Seen {

  /** How a packet stands to a set of packets, or to a rule. */
  enum Standing {
    OUT,
    MAYBE,
    IN
  }

  /** Of each axis by index; null where the value is the one that the packet set out with. */
  private final Term[] terms;
  private final Point point;
  private final List<Deed> deeds;
  private final boolean unknowns;

  private Seen(Term[] terms, Point point, List<Deed> deeds, boolean unknowns) {
    this.terms = terms;
    this.point = point;
    this.deeds = deeds;
    this.unknowns = unknowns;
  }

  /** A packet as it sets out. */
  static Seen start(Point point, int axes) {
    return new Seen(new Term[axes], point, List.of(), false);
  }

  /** Where the value on the axis comes from. */
  Term term(Axis axis) {
    Term term = axis.index() < terms.length ? terms[axis.index()] : null;
    return term == null ? new Term.Origin(axis, 0, 0) : term;
  }

  /** Whether the value on the axis is in the set, where it is known. */
  boolean isIn(Axis axis, ValueSet set) {
    return set.contains(point.high(axis.index()), point.low(axis.index()));
  }

  /** The value on the axis, or those that it may have where it is not known. */
  ValueSet values(Axis axis) {
    return term(axis) instanceof Term.Unknown unknown ? unknown.possible()
        : ValueSet.range(point.high(axis.index()), point.low(axis.index()), point.high(axis.index()), point.low(axis.index()));
  }

  /** The values that are known; what is on an axis whose value is unknown means nothing. */
  Point point() {
    return point;
  }

  /** What targets did on the way, in words. */
  List<String> deeds() {
    return deeds(Deed.Reach.WAY);
  }

  /**
   * The same without the last ones that reach less far: nobody sees these of a packet that is no more; nor, if it does not get away,
   * where it was to go.
   */
  List<String> deeds(Deed.Reach least) {
    int count = deeds.size();
    while (count > 0 && deeds.get(count - 1).reach().compareTo(least) < 0) {
      count--;
    }
    return deeds.subList(0, count).stream()
        .filter(deed -> deed.reach() != Deed.Reach.WAY || least == Deed.Reach.WAY).map(Deed::words).toList();
  }

  Seen with(Axis axis, Term term) {
    Term[] copy = terms.clone();
    copy[axis.index()] = term;
    Point value = point;
    boolean unknown = unknowns;
    if (term instanceof Term.Constant constant) {
      value = point.copy();
      value.set(axis, constant.high(), constant.low());
    } else if (term instanceof Term.Unknown) {
      unknown = true;
    }
    return new Seen(copy, value, deeds, unknown);
  }

  /** With a value that comes from another axis of the packet that set out; {@code origin} is that packet. */
  Seen with(Axis axis, Term.Origin term, Point origin) {
    Seen changed = with(axis, (Term) term);
    Point value = changed.point.copy();
    long low = origin.low(term.axis().index()) + term.plusLow();
    long carry = Long.compareUnsigned(low, term.plusLow()) < 0 ? 1 : 0;
    long high = origin.high(term.axis().index()) + term.plusHigh() + carry;
    value.set(axis, axis.bits() > Long.SIZE ? high : 0, low & lowMask(axis.bits()));
    return new Seen(changed.terms, value, deeds, changed.unknowns);
  }

  static long lowMask(int bits) {
    return bits >= Long.SIZE ? -1 : (1L << bits) - 1;
  }

  Seen doing(String deed) {
    return doing(new Deed(deed, Deed.Reach.OTHERS));
  }

  Seen doing(Deed deed) {
    List<Deed> more = new ArrayList<>(deeds);
    more.add(deed);
    return new Seen(terms, point, more, unknowns);
  }

  Standing standing(RuleShape shape) {
    if (!unknowns) {
      return shape.mayAt(point) == null ? Standing.OUT : shape.mustAt(point) == null ? Standing.MAYBE : Standing.IN;
    }
    boolean may = false;
    for (Cube cube : shape.may()) {
      may |= standing(cube) != Standing.OUT;
    }
    return !may ? Standing.OUT : find(shape.must(), Standing.IN) == null ? Standing.MAYBE : Standing.IN;
  }

  /** The first of the cubes to which the packet stands so, or null. */
  Cube find(List<Cube> cubes, Standing wanted) {
    for (Cube cube : cubes) {
      if (standing(cube) == wanted) {
        return cube;
      }
    }
    return null;
  }

  /** One of the cubes that the packet may be in. */
  Optional<Cube> meets(List<Cube> cubes) {
    return cubes.stream().filter(cube -> standing(cube) != Standing.OUT).findFirst();
  }

  Standing standing(Cube cube) {
    Standing standing = Standing.IN;
    for (int i = 0; i < cube.size(); i++) {
      Axis axis = cube.axis(i);
      ValueSet set = cube.set(i);
      if (axis.index() < terms.length && terms[axis.index()] instanceof Term.Unknown unknown) {
        if (!unknown.possible().intersects(set)) {
          return Standing.OUT;
        }
        standing = set.containsAll(unknown.possible()) ? standing : Standing.MAYBE;
      } else if (!isIn(axis, set)) {
        return Standing.OUT;
      }
    }
    return standing;
  }

  /** Whether whether packets are in one of the cubes may depend on a value that is not known. */
  boolean isPartlyIn(List<Cube> cubes) {
    return unknowns && cubes.stream().anyMatch(cube -> IntStream.range(0, cube.size()).anyMatch(i ->
        term(cube.axis(i)) instanceof Term.Unknown unknown && !cube.set(i).containsAll(unknown.possible())));
  }

  /** Whether an axis that the shape asks about has an unknown value. */
  boolean asksUnknown(RuleShape shape) {
    return unknowns && (isReminded(shape) || shape.may().stream().anyMatch(cube -> standing(cube) == Standing.MAYBE));
  }

  /** Whether it is not known by what a match of the rule tells apart what it remembers. */
  boolean isReminded(RuleShape shape) {
    return unknowns && shape.asked().stream().anyMatch(one -> one.key().filter(key -> term(key) instanceof Term.Unknown).isPresent());
  }
}
