package io.sluice.analysis.diff;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Packets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * How regions of connections are said: as a few cubes or, where these would be too many to read, as what they are a part of.
 *
 * @param question all packets that there can be
 * @param asked those of them that were compared
 * @param said what is said of them
 * @param unsaid a cube without what is true of all of them
 */
record RegionWords(List<Cube> question, List<Cube> asked, Cube said, UnaryOperator<Cube> unsaid) {
  /** Beyond so many cubes it is not tried to say them. */
  private static final int MOST_CUBES = 200;
  /** So many lines are read. */
  private static final int MOST_LINES = 8;

  /** @param rest what else is in the cubes that are said */
  record Said(Merging.Saying saying, Optional<Rest> rest) {}

  /**
   * Empty where there are too many to be said.
   *
   * @param goOn is asked now and then; false interrupts
   */
  Optional<Said> few(Packets packets, BooleanSupplier goOn) {
    if (packets.count() > MOST_CUBES) {
      return Optional.empty();
    }
    Merging.Saying saying = say(packets.cubes(), goOn);
    return saying.cubes().size() + saying.except().size() > MOST_LINES ? Optional.empty()
        : Optional.of(new Said(saying, Optional.empty()));
  }

  Said said(List<Cube> hulls, Optional<Rest> rest) {
    return new Said(new Merging.Saying(hulls.stream().map(unsaid).toList(), List.of()), rest);
  }

  Merging.Saying say(List<Cube> parts, BooleanSupplier goOn) {
    return Merging.say(parts.stream().map(unsaid).toList(), said, goOn);
  }

  /** The smallest cube that has them, and what else is in there is not said. */
  Said wide(Packets packets) {
    Cube hull = packets instanceof Packets.Graph graph ? graph.hull() : Merging.hull(packets.cubes());
    return said(List.of(hull), Optional.empty());
  }

  /** The smallest cubes that have the packets: of each that was compared what of them is in it, or of all together. */
  List<Cube> hulls(Diagrams diagrams, Diagram<Boolean> packets) {
    List<Cube> fine = asked.size() > MOST_LINES ? List.of() : hulls(diagrams, packets, asked);
    return !fine.isEmpty() && fine.size() <= MOST_LINES ? fine : hulls(diagrams, packets, question);
  }

  private static List<Cube> hulls(Diagrams diagrams, Diagram<Boolean> packets, List<Cube> cubes) {
    List<Cube> hulls = new ArrayList<>();
    Diagram<Boolean> open = packets;
    for (Cube cube : cubes) {
      Diagram<Boolean> here = diagrams.within(open, diagrams.of(List.of(cube), true));
      if (!here.isNowhere()) {
        hulls.add(new Packets.Graph(here).hull());
        open = diagrams.without(open, here);
      }
    }
    return Merging.join(hulls);
  }
}
