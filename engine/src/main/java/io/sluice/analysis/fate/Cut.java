package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.compile.ValueSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The packets that go the same way as one of them, made fewer with each condition on the way. What is asked of a rewritten
 * value is asked of the value that it comes from.
 */
final class Cut {
  /** So many cubes are avoided one after the other; of more, each so many times as many, one more at once. */
  private static final int ONE_BY_ONE = 64;

  private Cube region;

  Cut(Cube region) {
    this.region = region;
  }

  Cube region() {
    return region;
  }

  /** Keeps packets that are seen in the cube; the packet that is followed is. */
  void require(Seen seen, Cube cube) {
    for (int i = 0; i < cube.size(); i++) {
      require(seen, cube.axis(i), cube.set(i));
    }
  }

  /** Keeps packets whose value is seen in the set; the value of the packet that is followed is. */
  void require(Seen seen, Axis axis, ValueSet set) {
    if (seen.term(axis) instanceof Term.Origin origin) {
      region = region.with(origin.axis(), origin.before(set));
    }
  }

  /** Keeps packets that set out with a value of the set; the packet that is followed did. */
  void require(Axis axis, ValueSet set) {
    region = region.with(axis, set);
  }

  /** What packets that are left may have on the axis where they are seen so; null for anything. */
  ValueSet values(Seen seen, Axis axis) {
    if (!(seen.term(axis) instanceof Term.Origin origin)) {
      return seen.values(axis);
    }
    ValueSet mine = region.values(origin.axis());
    return mine == null || origin.isPlain() ? mine : mine.plus(origin.plusHigh(), origin.plusLow(), axis.bits());
  }

  /** Whether some packet that is left may be seen in the cube. */
  boolean meets(Seen seen, Cube cube) {
    for (int i = 0; i < cube.size(); i++) {
      Term term = seen.term(cube.axis(i));
      ValueSet set = cube.set(i);
      if (term instanceof Term.Constant constant) {
        if (!set.contains(constant.high(), constant.low())) {
          return false;
        }
      } else if (term instanceof Term.Unknown unknown) {
        if (!unknown.possible().intersects(set)) {
          return false;
        }
      } else {
        Term.Origin origin = (Term.Origin) term;
        ValueSet mine = region.values(origin.axis());
        if (mine != null && !mine.intersects(origin.before(set))) {
          return false;
        }
      }
    }
    return true;
  }

  /** Takes away packets that may be seen in the cube, in which the packet that is followed is not: along the axis that costs least. */
  void avoid(Seen seen, Cube cube) {
    avoid(seen, List.of(cube));
  }

  /**
   * Takes away packets that may be seen in one of the cubes, in none of which the packet that is followed is. Of many cubes several
   * at once, so that the region is not copied for each.
   */
  void avoid(Seen seen, List<Cube> cubes) {
    int to;
    for (int from = 0; from < cubes.size(); from = to) {
      to = Math.min(cubes.size(), from + 1 + from / ONE_BY_ONE);
      Map<Axis, List<ValueSet>> avoided = new LinkedHashMap<>();
      for (Cube cube : cubes.subList(from, to)) {
        if (meets(seen, cube)) {
          Axis axis = cheapest(seen, cube);
          avoided.computeIfAbsent(origin(seen, axis).axis(), k -> new ArrayList<>())
              .add(origin(seen, axis).before(cube.values(axis)));
        }
      }
      avoided.forEach((axis, sets) -> region = region.with(axis,
          (sets.size() == 1 ? sets.get(0) : ValueSet.union(sets)).complement(axis.bits())));
    }
  }

  /** The axis on which least of the region is lost without the values of the cube, of which the packet that is followed has none. */
  private Axis cheapest(Seen seen, Cube cube) {
    Axis best = null;
    double bestLoss = 2;
    for (int i = 0; i < cube.size(); i++) {
      Axis axis = cube.axis(i);
      if (seen.term(axis) instanceof Term.Origin && !seen.isIn(axis, cube.set(i))) {
        Term.Origin origin = origin(seen, axis);
        ValueSet lost = origin.before(cube.set(i));
        ValueSet mine = region.values(origin.axis());
        double loss = mine == null ? lost.size() / Math.pow(2, origin.axis().bits()) : mine.intersection(lost).size() / mine.size();
        if (loss < bestLoss) {
          bestLoss = loss;
          best = axis;
        }
      }
    }
    if (best == null) {
      throw new IllegalStateException("the packet is in what is to be avoided: " + cube);
    }
    return best;
  }

  private static Term.Origin origin(Seen seen, Axis axis) {
    return (Term.Origin) seen.term(axis);
  }
}
