package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Says a set of packets with few cubes. */
public final class Merging {
  /** Beyond this many cubes only neighbours are joined. */
  private static final int MAX_CAREFUL = 200;
  /** What is not so is so much harder to read than what is. */
  private static final int EXCEPTION = 2;

  private final Cube universe;
  private final BooleanSupplier goOn;

  private Merging(Cube universe, BooleanSupplier goOn) {
    this.universe = universe;
    this.goOn = goOn;
  }

  /**
   * A set of packets as people would say it.
   *
   * @param cubes every packet is in one of these at least
   * @param except and in none of these
   */
  public record Saying(List<Cube> cubes, List<Cube> except) {
    public Saying {
      cubes = List.copyOf(cubes);
      except = List.copyOf(except);
    }
  }

  /**
   * @param disjoint cubes without a common packet
   * @param universe what the packets are among: axes that it confines are never confined less
   */
  public static Saying say(List<Cube> disjoint, Cube universe) {
    return say(disjoint, universe, () -> true);
  }

  /**
   * The same.
   *
   * @param goOn is asked at each cube
   * @throws Interrupted when it is not to go on
   */
  public static Saying say(List<Cube> disjoint, Cube universe, BooleanSupplier goOn) {
    return new Merging(universe, goOn).say(disjoint);
  }

  private Saying say(List<Cube> disjoint) {
    List<Cube> joined = join(disjoint);
    if (joined.size() == 1 || joined.size() > MAX_CAREFUL) {
      return new Saying(joined, List.of());
    }
    List<Cube> plain = fewest(joined, joined);
    Cube hull = hull(joined);
    List<Cube> holes = join(Cubes.minus(hull, joined));
    if (holes.size() <= MAX_CAREFUL) {
      List<Cube> wide = new ArrayList<>();
      for (Cube hole : holes) {
        wide.add(widened(hole, false, cube -> joined.stream().anyMatch(cube::intersects) ? Cubes.ALL : List.of()));
      }
      List<Cube> except = needed(wide, holes);
      if (words(List.of(hull), universe) + EXCEPTION * words(except, hull) < words(plain, universe)) {
        return new Saying(List.of(hull), except);
      }
    }
    return new Saying(plain, List.of());
  }

  /** How much there is to read: a cube, and each axis that it confines more than the universe does. */
  private static int words(List<Cube> cubes, Cube universe) {
    int words = 0;
    for (Cube cube : cubes) {
      words++;
      for (int i = 0; i < cube.size(); i++) {
        ValueSet all = universe.values(cube.axis(i));
        words += all != null && cube.set(i).containsAll(all) ? 0 : 1;
      }
    }
    return words;
  }

  /** Joins cubes that differ on one axis only, as long as there are any. */
  public static List<Cube> join(List<Cube> cubes) {
    List<Cube> joined = new ArrayList<>(cubes);
    boolean changed = true;
    while (changed) {
      changed = false;
      Map<Axis, Boolean> axes = new LinkedHashMap<>();
      for (Cube cube : joined) {
        for (int i = 0; i < cube.size(); i++) {
          axes.put(cube.axis(i), true);
        }
      }
      for (Axis axis : axes.keySet()) {
        List<Cube> next = joinAlong(joined, axis);
        changed |= next.size() < joined.size();
        joined = next;
      }
    }
    return joined;
  }

  private static List<Cube> joinAlong(List<Cube> cubes, Axis axis) {
    Map<Cube, List<ValueSet>> alike = new LinkedHashMap<>();
    for (Cube cube : cubes) {
      ValueSet set = cube.values(axis);
      alike.computeIfAbsent(cube.without(axis), k -> new ArrayList<>())
          .add(set == null ? ValueSet.none().complement(axis.bits()) : set);
    }
    List<Cube> joined = new ArrayList<>();
    alike.forEach((rest, sets) -> joined.add(rest.with(axis, ValueSet.union(sets))));
    return joined;
  }

  /** The smallest cube that has all of these. */
  public static Cube hull(List<Cube> cubes) {
    Cube first = cubes.get(0);
    Cube hull = Cube.all();
    for (int i = 0; i < first.size(); i++) {
      Axis axis = first.axis(i);
      if (cubes.stream().allMatch(cube -> cube.values(axis) != null)) {
        hull = hull.with(axis, ValueSet.union(cubes.stream().map(cube -> cube.values(axis)).toList()));
      }
    }
    return hull;
  }

  /** Wide cubes, without those that others make superfluous; as wide as they may be only where that takes fewer words. */
  private List<Cube> fewest(List<Cube> cubes, List<Cube> all) {
    List<Cube> widest = fewest(cubes, all, true);
    List<Cube> wide = widest.size() == 1 ? widest : fewest(cubes, all, false);
    return words(wide, universe) <= words(widest, universe) ? wide : widest;
  }

  private List<Cube> fewest(List<Cube> cubes, List<Cube> all, boolean partly) {
    List<Cube> wide = new ArrayList<>();
    for (Cube cube : cubes) {
      wide.add(widened(cube, partly, candidate -> Cubes.minus(candidate, all)));
    }
    return needed(join(wide), all);
  }

  /**
   * The cube with all values that it may have on one axis after the other.
   *
   * @param partly whether that may be some values: half of an axis beside what others say is hard to read
   * @param forbidden what of a cube may not be in it, or more
   */
  private Cube widened(Cube cube, boolean partly, Function<Cube, List<Cube>> forbidden) {
    goOn();
    Cube wide = cube;
    for (int i = 0; i < cube.size(); i++) {
      Axis axis = cube.axis(i);
      Cube free = wide.without(axis);
      if (universe.values(axis) != null) {
        free = free.with(axis, universe.values(axis));
      }
      for (Cube bad : free.equals(wide) ? List.<Cube>of() : forbidden.apply(free)) {
        free = !partly || free == null || bad.values(axis) == null ? null
            : free.with(axis, bad.values(axis).complement(axis.bits()));
      }
      wide = free == null ? wide : free;
    }
    return wide;
  }

  /** Those of the cubes that it takes to cover {@code all}: the smallest go first. */
  private List<Cube> needed(List<Cube> cubes, List<Cube> all) {
    List<Cube> kept = new ArrayList<>(new LinkedHashSet<>(cubes));
    for (Cube cube : kept.stream().sorted(Comparator.comparingDouble(Cube::share)).toList()) {
      goOn();
      List<Cube> others = new ArrayList<>(kept);
      others.remove(cube);
      if (all.stream().allMatch(part -> Cubes.cover(others, part))) {
        kept = others;
      }
    }
    return kept;
  }

  private void goOn() {
    if (!goOn.getAsBoolean()) {
      throw new Interrupted();
    }
  }
}
