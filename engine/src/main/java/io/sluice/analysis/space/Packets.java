package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A set of packets that is not empty. */
public sealed interface Packets {

  boolean contains(Point packet);

  /** A cube of packets of the set that has this one, which is in it. */
  Cube around(Point packet);

  /** What part of all packets is in the set: 0 to 1. */
  double share();

  /** The values that packets of the set have on the axis. */
  ValueSet values(Axis axis);

  /** How many {@link #cubes} it has. */
  double count();

  /** All of it, as cubes without a common packet. There may be millions. */
  List<Cube> cubes();

  /** Some of these cubes, at most so many. */
  List<Cube> some(int most);

  /** Whether the packets are of too many kinds to be said one by one; then they are a {@link Graph}. */
  default boolean isManifold() {
    return this instanceof Graph && count() > Graph.MOST_SAID;
  }

  /** Cubes, of which there are few, that have all packets of which the diagram says something: themselves, or the smallest one. */
  static List<Cube> near(Diagram<?> diagram, int most) {
    return PacketSets.count(diagram) > most ? List.of(PacketSets.hull(diagram)) : PacketSets.cubes(diagram);
  }

  /**
   * By what the diagram says of them: what part of all packets that is.
   *
   * @param any axes on which all ranges that are looked at count alike, whatever values these have
   */
  static <T> Map<T, Double> shares(Diagram<T> diagram, Set<Axis> any) {
    return PacketSets.shares(diagram, any);
  }

  /** Cubes without a common packet. */
  record Parts(List<Cube> cubes) implements Packets {
    public Parts {
      cubes = List.copyOf(cubes);
    }

    @Override
    public boolean contains(Point packet) {
      return cubes.stream().anyMatch(cube -> cube.contains(packet));
    }

    @Override
    public Cube around(Point packet) {
      return cubes.stream().filter(cube -> cube.contains(packet)).findFirst().orElseThrow();
    }

    @Override
    public double share() {
      return cubes.stream().mapToDouble(Cube::share).sum();
    }

    @Override
    public ValueSet values(Axis axis) {
      boolean all = cubes.stream().anyMatch(cube -> cube.values(axis) == null);
      return all ? ValueSet.none().complement(axis.bits())
          : ValueSet.union(cubes.stream().map(cube -> cube.values(axis)).toList());
    }

    @Override
    public double count() {
      return cubes.size();
    }

    @Override
    public List<Cube> some(int most) {
      return cubes.subList(0, Math.min(most, cubes.size()));
    }
  }

  /**
   * A way from a node of a graph.
   *
   * @param packets those that take it
   * @param to the place of the next node in the list of all; -1 where packets that come there are in the set
   */
  record Way(Cube packets, int to) {}

  /** Those of which the diagram says something. */
  record Graph(Diagram<Boolean> set) implements Packets {
    private static final int MOST_SAID = 5_000;

    @Override
    public boolean contains(Point packet) {
      return set.at(packet) != null;
    }

    @Override
    public Cube around(Point packet) {
      return PacketSets.around(set, packet);
    }

    @Override
    public double share() {
      return PacketSets.share(set);
    }

    @Override
    public ValueSet values(Axis axis) {
      return PacketSets.values(set, axis);
    }

    @Override
    public double count() {
      return PacketSets.count(set);
    }

    @Override
    public List<Cube> cubes() {
      return PacketSets.cubes(set);
    }

    @Override
    public List<Cube> some(int most) {
      return PacketSets.some(set, most);
    }

    /**
     * All of it, as a graph: from node to node, each way for packets of a cube that is confined on one axis alone.
     *
     * @return nodes, the first of them the one to begin with, by their ways
     */
    public List<List<Way>> nodes() {
      return PacketSets.nodes(set);
    }

    /** One of the packets, if possible one of which few rules speak. */
    public Point ordinary(Space space) {
      return PacketSets.ordinary(set, space);
    }

    /** The smallest cube that has them all. */
    public Cube hull() {
      return PacketSets.hull(set);
    }
  }
}
