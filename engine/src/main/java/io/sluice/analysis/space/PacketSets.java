package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** Asks about sets of packets: those of which a {@link Diagram} says something. */
final class PacketSets {
  private PacketSets() {}

  /** The smallest cube that has all packets of the set, which is not empty. */
  static Cube hull(Diagram<?> set) {
    Map<Axis, Set<ValueSet>> values = new LinkedHashMap<>();
    always(set, new IdentityHashMap<>()).forEach(axis -> values.put(axis, new LinkedHashSet<>()));
    collect(set, values, new IdentityHashMap<>());
    Cube hull = Cube.all();
    for (Map.Entry<Axis, Set<ValueSet>> axis : values.entrySet()) {
      hull = hull.with(axis.getKey(), ValueSet.union(List.copyOf(axis.getValue())));
    }
    return hull;
  }

  /** The axes that are looked at on each way of a packet of the set, which is not empty. */
  private static Set<Axis> always(Diagram<?> set, Map<Diagram<?>, Set<Axis>> known) {
    Set<Axis> axes = known.get(set);
    if (axes == null) {
      for (int i = 0; i < set.ranges(); i++) {
        if (!set.next(i).isNowhere() && axes == null) {
          axes = new LinkedHashSet<>(always(set.next(i), known));
        } else if (!set.next(i).isNowhere()) {
          axes.retainAll(always(set.next(i), known));
        }
      }
      axes = axes == null ? Set.of() : axes;
      if (!set.isLeaf()) {
        axes.add(set.axis());
      }
      known.put(set, axes);
    }
    return axes;
  }

  /** The values that lead on where one of the axes is looked at. */
  private static void collect(Diagram<?> set, Map<Axis, Set<ValueSet>> values, Map<Diagram<?>, Boolean> seen) {
    if (set.isLeaf() || seen.put(set, true) != null) {
      return;
    }
    Set<ValueSet> here = values.get(set.axis());
    int first = -1;
    for (int i = 0; i <= set.ranges(); i++) {
      boolean on = i < set.ranges() && !set.next(i).isNowhere();
      if (on) {
        collect(set.next(i), values, seen);
      } else if (first >= 0 && here != null) {
        here.add(range(set, first, i - 1));
      }
      first = !on ? -1 : first < 0 ? i : first;
    }
  }

  /** The values that packets of the set have on the axis. */
  static ValueSet values(Diagram<?> set, Axis axis) {
    return values(set, axis, new IdentityHashMap<>());
  }

  private static ValueSet values(Diagram<?> set, Axis axis, Map<Diagram<?>, ValueSet> known) {
    if (set.isLeaf()) {
      return set.isNowhere() ? ValueSet.none() : ValueSet.none().complement(axis.bits());
    }
    ValueSet values = known.get(set);
    if (values == null) {
      List<ValueSet> all = new ArrayList<>();
      for (int i = 0; i < set.ranges(); i++) {
        if (set.axis() != axis) {
          all.add(values(set.next(i), axis, known));
        } else if (!set.next(i).isNowhere()) {
          all.add(range(set, i));
        }
      }
      values = ValueSet.union(all);
      known.put(set, values);
    }
    return values;
  }

  /** The packets that take the same way as this one. */
  static Cube around(Diagram<?> set, Point packet) {
    Cube around = Cube.all();
    for (Diagram<?> node = set; !node.isLeaf(); ) {
      Axis axis = node.axis();
      int range = node.rangeOf(packet.high(axis.index()), packet.low(axis.index()));
      around = around.with(axis, range(node, range));
      node = node.next(range);
    }
    return around;
  }

  private static ValueSet range(Diagram<?> node, int i) {
    return range(node, i, i);
  }

  /** All values of some ranges, one after the other. */
  private static ValueSet range(Diagram<?> node, int first, int to) {
    boolean last = to + 1 == node.ranges();
    long low = last ? node.axis().lastLow() : node.startLow(to + 1) - 1;
    long high = last ? node.axis().lastHigh() : node.startHigh(to + 1) - (node.startLow(to + 1) == 0 ? 1 : 0);
    return ValueSet.range(node.startHigh(first), node.startLow(first), high, low);
  }

  /** What part of all packets is in the set: 0 to 1. */
  static double share(Diagram<?> set) {
    return share(set, new IdentityHashMap<>());
  }

  private static double share(Diagram<?> set, Map<Diagram<?>, Double> known) {
    if (set.isLeaf()) {
      return set.isNowhere() ? 0 : 1;
    }
    Double share = known.get(set);
    if (share == null) {
      share = 0.0;
      double all = Math.pow(2, set.axis().bits());
      for (int i = 0; i < set.ranges(); i++) {
        share += range(set, i).size() / all * share(set.next(i), known);
      }
      known.put(set, share);
    }
    return share;
  }

  /** See {@link Packets#shares}: from the first node to the last, each when all that lead to it are done. */
  static <T> Map<T, Double> shares(Diagram<T> diagram, Set<Axis> any) {
    List<Diagram<T>> nodes = new ArrayList<>();
    order(diagram, nodes, new IdentityHashMap<>());
    Map<Diagram<T>, Double> shares = new IdentityHashMap<>(Map.of(diagram, 1.0));
    Map<T, Double> byLeaf = new LinkedHashMap<>();
    for (int n = nodes.size() - 1; n >= 0; n--) {
      Diagram<T> node = nodes.get(n);
      double share = shares.get(node);
      if (node.isLeaf()) {
        byLeaf.merge(node.leaf(), share, Double::sum);
      }
      int ways = 0;
      for (int i = 0; i < node.ranges(); i++) {
        ways += node.next(i).isNowhere() ? 0 : 1;
      }
      for (int i = 0; i < node.ranges(); i++) {
        if (!node.next(i).isNowhere()) {
          double part = any.contains(node.axis()) ? 1.0 / ways : range(node, i).size() / Math.pow(2, node.axis().bits());
          shares.merge(node.next(i), share * part, Double::sum);
        }
      }
    }
    return byLeaf;
  }

  /** Each node behind all that it leads to. */
  private static <T> void order(Diagram<T> node, List<Diagram<T>> nodes, Map<Diagram<T>, Boolean> seen) {
    if (!node.isNowhere() && seen.put(node, true) == null) {
      for (int i = 0; i < node.ranges(); i++) {
        order(node.next(i), nodes, seen);
      }
      nodes.add(node);
    }
  }

  /** How many cubes {@link #cubes} are. */
  static double count(Diagram<?> set) {
    return count(set, new IdentityHashMap<>());
  }

  private static double count(Diagram<?> set, Map<Diagram<?>, Double> known) {
    if (set.isLeaf()) {
      return set.isNowhere() ? 0 : 1;
    }
    Double count = known.get(set);
    if (count == null) {
      count = 0.0;
      Set<Diagram<?>> ways = Collections.newSetFromMap(new IdentityHashMap<>());
      for (int i = 0; i < set.ranges(); i++) {
        count += ways.add(set.next(i)) ? count(set.next(i), known) : 0;
      }
      known.put(set, count);
    }
    return count;
  }

  /** The packets of the set as cubes without a common packet. */
  static List<Cube> cubes(Diagram<?> set) {
    List<Cube> cubes = new ArrayList<>();
    collect(set, Cube.all(), cubes);
    return cubes;
  }

  private static void collect(Diagram<?> set, Cube way, List<Cube> cubes) {
    if (!set.isLeaf()) {
      ways(set).forEach((next, values) -> collect(next, way.with(set.axis(), values), cubes));
    } else if (!set.isNowhere()) {
      cubes.add(way);
    }
  }

  /** The nodes, from the first to the last, by the ways that lead on; what leads nowhere is left out. */
  static List<List<Packets.Way>> nodes(Diagram<?> set) {
    Map<Diagram<?>, Integer> places = new IdentityHashMap<>();
    List<Diagram<?>> open = new ArrayList<>(List.of(set));
    List<List<Packets.Way>> nodes = new ArrayList<>();
    places.put(set, 0);
    for (int i = 0; i < open.size(); i++) {
      Diagram<?> node = open.get(i);
      List<Packets.Way> ways = new ArrayList<>();
      ways(node).forEach((next, values) -> {
        if (!next.isLeaf() && places.putIfAbsent(next, open.size()) == null) {
          open.add(next);
        }
        ways.add(new Packets.Way(Cube.all().with(node.axis(), values), next.isLeaf() ? -1 : places.get(next)));
      });
      nodes.add(ways);
    }
    return nodes;
  }

  /** Some of those cubes, by different ways, of at most so many: the same ones whenever it is asked. */
  static List<Cube> some(Diagram<?> set, int most) {
    Set<Cube> some = new LinkedHashSet<>();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < most && !set.isNowhere(); i++) {
      Cube cube = Cube.all();
      Diagram<?> at = set;
      while (!at.isLeaf()) {
        List<Map.Entry<Diagram<?>, ValueSet>> ways = List.copyOf(ways(at).entrySet());
        Map.Entry<Diagram<?>, ValueSet> way = ways.get(random.nextInt(ways.size()));
        cube = cube.with(at.axis(), way.getValue());
        at = way.getKey();
      }
      some.add(cube);
    }
    return List.copyOf(some);
  }

  /** Where it goes on from a node, by which values, but nowhere. */
  private static Map<Diagram<?>, ValueSet> ways(Diagram<?> node) {
    Map<Diagram<?>, List<ValueSet>> ranges = new LinkedHashMap<>();
    for (int i = 0; i < node.ranges(); i++) {
      if (!node.next(i).isNowhere()) {
        ranges.computeIfAbsent(node.next(i), k -> new ArrayList<>()).add(range(node, i));
      }
    }
    Map<Diagram<?>, ValueSet> ways = new LinkedHashMap<>();
    ranges.forEach((next, sets) -> ways.put(next, ValueSet.union(sets)));
    return ways;
  }

  /** A packet of the set, which is not empty: if possible one of which few rules speak. */
  static Point ordinary(Diagram<?> set, Space space) {
    Point point = space.pick(Cube.all(), 0);
    Diagram<?> at = set;
    while (!at.isLeaf()) {
      Axis axis = at.axis();
      int range = at.rangeOf(point.high(axis.index()), point.low(axis.index()));
      if (at.next(range).isNowhere()) {
        Cube other = Cube.all().with(axis, ValueSet.union(List.copyOf(ways(at).values())));
        Point picked = space.pick(other, 0);
        point.set(axis, picked.high(axis.index()), picked.low(axis.index()));
        range = at.rangeOf(point.high(axis.index()), point.low(axis.index()));
      }
      at = at.next(range);
    }
    return point;
  }
}
