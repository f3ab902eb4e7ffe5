package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.compile.ValueSet;

/**
 * The packets that go the same way as one of them, made fewer with each condition on the way. What is asked of a rewritten
 * value is asked of the value that it comes from.
 */
final class Cut {
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
      region = region.with(origin.axis(), before(origin, set));
    }
  }

  /** Keeps packets that set out with a value of the set; the packet that is followed did. */
  void require(Axis axis, ValueSet set) {
    region = region.with(axis, set);
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
        if (mine != null && !mine.intersects(before(origin, set))) {
          return false;
        }
      }
    }
    return true;
  }

  /** Takes away packets that may be seen in the cube, in which the packet that is followed is not: along the axis that costs least. */
  void avoid(Seen seen, Cube cube) {
    if (!meets(seen, cube)) {
      return;
    }
    Cube best = null;
    double bestShare = -1;
    for (int i = 0; i < cube.size(); i++) {
      Axis axis = cube.axis(i);
      int index = axis.index();
      if (seen.term(axis) instanceof Term.Origin origin
          && !cube.set(i).contains(seen.point().high(index), seen.point().low(index))) {
        ValueSet outside = before(origin, cube.set(i)).complement(origin.axis().bits());
        ValueSet mine = region.values(origin.axis());
        double all = mine == null ? Math.pow(2, origin.axis().bits()) : mine.size();
        double share = (mine == null ? outside : mine.intersection(outside)).size() / all;
        if (share > bestShare) {
          bestShare = share;
          best = region.with(origin.axis(), outside);
        }
      }
    }
    if (best == null) {
      throw new IllegalStateException("the packet is in what is to be avoided: " + cube);
    }
    region = best;
  }

  /** The values that packets set out with whose value is then in the set. */
  private static ValueSet before(Term.Origin origin, ValueSet set) {
    return origin.isPlain() ? set : set.plus(~origin.plusHigh() + (origin.plusLow() == 0 ? 1 : 0), -origin.plusLow(), origin.axis().bits());
  }
}
