package io.sluice.analysis.reach;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import java.util.List;
import java.util.Set;

/**
 * First packets of connections that all have one fate.
 *
 * @param fate theirs
 * @param by rules and policies that decide on some of them
 * @param cubes the packets as they come in, as cubes without a common packet
 * @param example one of them
 */
public record Part(Fate fate, Set<Decision> by, List<Cube> cubes, Point example) {
  public Part {
    cubes = List.copyOf(cubes);
  }

  /**
   * The packets in few words, without what is true of all first packets.
   *
   * @param universe those that were asked about, likewise
   */
  public Merging.Saying saying(Space space, Cube universe) {
    return Merging.say(cubes.stream().map(cube -> ConnectionProbe.unsaid(space, cube)).toList(), universe);
  }

  /** Whether the packets pass, and so do the answers, for certain. */
  public boolean connects() {
    return connects(fate);
  }

  private static boolean connects(Fate fate) {
    return fate instanceof Fate.Choice choice ? connects(choice.yes()) && connects(choice.no())
        : fate instanceof Fate.End end && end.verdict().equals(ConnectionProbe.CONNECTS);
  }

  /** Whether they may connect: for certain, if chance will have it so, or nobody knows. */
  public boolean mayConnect() {
    return mayConnect(fate);
  }

  private static boolean mayConnect(Fate fate) {
    return fate instanceof Fate.Choice choice ? mayConnect(choice.yes()) || mayConnect(choice.no())
        : !(fate instanceof Fate.End end) || end.verdict().equals(ConnectionProbe.CONNECTS);
  }

  /** Whether nothing is certain about them: time, chance or history decide, or it could not be found out. */
  public boolean isUncertain() {
    return !fate.isCertain();
  }
}
