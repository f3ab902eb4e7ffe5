package io.sluice.analysis.space;

import static org.junit.jupiter.api.Assertions.assertEquals;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntList;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class CubeIndexProperties {
  /** The answer is what asking every cube gives, for none to many cubes, free on some axes, with gaps in their values. */
  @Property(tries = 300, seed = "1")
  void findsWhatAskingEveryCubeFinds(@ForAll long seed) {
    Random random = new Random(seed);
    List<Cube> cubes = new ArrayList<>();
    for (int i = random.nextInt(60); i > 0; i--) {
      cubes.add(RandomCubes.cube(random));
    }
    CubeIndex index = new CubeIndex(cubes);
    for (int question = 0; question < 40; question++) {
      Cube asked = RandomCubes.cube(random);
      IntList expected = new IntArrayList();
      for (int i = 0; i < cubes.size(); i++) {
        if (cubes.get(i).intersects(asked)) {
          expected.add(i);
        }
      }
      assertEquals(expected, index.intersecting(asked), () -> asked + " of " + cubes);
    }
  }
}
