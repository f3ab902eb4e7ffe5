package io.sluice.analysis.space;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.compile.ValueSet;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class CubeIndexProperties {
  private static final int AXES = 3;
  private static final int BITS = 6;
  private static final List<Axis> SPACE = axes();

  private static List<Axis> axes() {
    List<Axis> axes = new ArrayList<>();
    for (int i = 0; i < AXES; i++) {
      axes.add(new Axis(i, "axis" + i, BITS, Optional.empty(), Axis.ALL));
    }
    return axes;
  }

  /** The answer is what asking every cube gives, for none to many cubes, free on some axes, with gaps in their values. */
  @Property(tries = 300, seed = "1")
  void findsWhatAskingEveryCubeFinds(@ForAll long seed) {
    Random random = new Random(seed);
    List<Cube> cubes = new ArrayList<>();
    for (int i = random.nextInt(60); i > 0; i--) {
      cubes.add(cube(random));
    }
    CubeIndex index = new CubeIndex(cubes);
    for (int question = 0; question < 40; question++) {
      Cube asked = cube(random);
      IntList expected = new IntArrayList();
      for (int i = 0; i < cubes.size(); i++) {
        if (cubes.get(i).intersects(asked)) {
          expected.add(i);
        }
      }
      assertEquals(expected, index.intersecting(asked), () -> asked + " of " + cubes);
    }
  }

  private static Cube cube(Random random) {
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
