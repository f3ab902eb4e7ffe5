package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Cubes of a small space, free on some axes, with gaps in their values. */
final class RandomCubes {
  static final int BITS = 6;
  private static final int AXES = 3;
  static final List<Axis> SPACE = axes();

  private RandomCubes() {}

  private static List<Axis> axes() {
    List<Axis> axes = new ArrayList<>();
    for (int i = 0; i < AXES; i++) {
      axes.add(new Axis(i, "axis" + i, BITS, Optional.empty(), Axis.ALL));
    }
    return axes;
  }

  static Cube cube(Random random) {
    Cube cube = Cube.all();
    for (Axis axis : SPACE) {
      if (random.nextInt(3) > 0) {
        cube = cube.with(axis, values(random));
      }
    }
    return cube;
  }

  private static ValueSet values(Random random) {
    List<ValueSet> ranges = new ArrayList<>();
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int low = random.nextInt(1 << BITS);
      ranges.add(ValueSet.range(low, Math.min((1 << BITS) - 1, low + random.nextInt(8))));
    }
    return ValueSet.union(ranges);
  }
}
