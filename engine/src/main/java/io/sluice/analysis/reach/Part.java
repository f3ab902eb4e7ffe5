package io.sluice.analysis.reach;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import java.util.List;
import java.util.Set;

/**
 * First packets of connections that all have one fate.
 *
 * @param fate theirs
 * @param by rules and policies that decide on some of them
 * @param packets the packets as they come in
 * @param example one of them
 */
public record Part(Fate fate, Set<Decision> by, Packets packets, Point example) {
  /** All of the packets, as cubes without a common packet. There may be millions. */
  public List<Cube> cubes() {
    return packets.cubes();
  }

  /** Whether the packets are of too many kinds to be said. */
  public boolean isManifold() {
    return packets.isManifold();
  }

  /**
   * The packets in few words, without what is true of all first packets; if they are manifold, what they are among.
   *
   * @param universe those that were asked about, likewise
   */
  public Merging.Saying saying(Space space, Cube universe) {
    return Merging.say(said(space), universe);
  }

  /** The same in as many words as it takes without looking for fewer. */
  public Merging.Saying plainly(Space space) {
    return new Merging.Saying(said(space), List.of());
  }

  /**
   * The packets as cubes without a common packet, without what is true of all first packets; if they are manifold, a cube around
   * them.
   */
  List<Cube> said(Space space) {
    List<Cube> said = isManifold() ? List.of(((Packets.Graph) packets).hull()) : cubes();
    return said.stream().map(cube -> ConnectionProbe.unsaid(space, cube)).toList();
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
