package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Packets;
import java.util.ArrayList;
import java.util.List;

/** Packets that are found a few at a time, none of them twice. */
public final class Gathered {
  private final List<Cube> cubes = new ArrayList<>();
  /** Those that are no cubes. */
  private final List<Diagram<Boolean>> others = new ArrayList<>();

  public void add(Packets packets) {
    if (packets instanceof Packets.Graph graph) {
      others.add(graph.set());
    } else {
      cubes.addAll(packets.cubes());
    }
  }

  /** Those that can be told without putting diagrams together; the rest is added to {@code rest}. */
  public Packets some(List<Packets> rest) {
    int first = cubes.isEmpty() ? 1 : 0;
    others.stream().skip(first).forEach(one -> rest.add(new Packets.Graph(one)));
    return cubes.isEmpty() ? new Packets.Graph(others.get(0)) : new Packets.Parts(cubes);
  }

  /** All of them; {@code diagrams} are those that they were found with. */
  public Packets all(Diagrams diagrams) {
    Packets.Parts parts = new Packets.Parts(cubes);
    return others.isEmpty() ? parts : new Packets.Graph(diagrams.overlay(diagrams.union(others), diagrams.of(parts)));
  }
}
