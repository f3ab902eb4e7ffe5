package io.sluice.analysis.space;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class CubeProperties {

  /** Whichever axis is cut first, each point is in one piece if it is in the one cube and not in the other, and else in none. */
  @Property(tries = 300, seed = "1")
  void whatIsLeftIsInOnePiece(@ForAll long seed) {
    Random random = new Random(seed);
    Cube cube = RandomCubes.cube(random);
    Cube other = RandomCubes.cube(random);
    for (List<Cube> pieces : List.of(cube.minus(other), cube.minusBySize(other))) {
      for (int n = 0; n < 500; n++) {
        Point point = new Point(RandomCubes.SPACE.size());
        RandomCubes.SPACE.forEach(axis -> point.set(axis, 0, random.nextInt(1 << RandomCubes.BITS)));
        assertEquals(cube.contains(point) && !other.contains(point) ? 1 : 0,
            pieces.stream().filter(piece -> piece.contains(point)).count(), () -> cube + " less " + other + " is " + pieces);
      }
    }
  }
}
