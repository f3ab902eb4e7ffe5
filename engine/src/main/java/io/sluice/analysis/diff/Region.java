package io.sluice.analysis.diff;

import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Sequel;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.witness.Witness;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Packets that A and B treat differently, all alike.
 *
 * @param fateA what becomes of them in A
 * @param fateB what becomes of them in B
 * @param byA rules and policies that decide in A on some of them
 * @param byB rules and policies that decide in B on some of them
 * @param packets these packets
 * @param saying the same in fewer words
 * @param rest what else is in the cubes that are said of it; empty where these say it all
 * @param witness one of them
 * @param sequel what of the connection it is that they treat differently; empty for its first packets, the answer and the one
 *     behind that, and at single base chains
 * @param shown whether it was played, by walker and by compiled rules, and both made of it in A and in B what is said here.
 *     Where not, as where what differs cannot be seen (an entry in a set) or no such packet can be made, the rules as sets of
 *     packets alone say so
 * @param played what was played on A and on B, by walker and by compiled rules: both made of it what is said here, and
 *     the last step ended differently. Empty where that was not tried, or did not show it, and at single base chains
 * @param unshown why no packet shows it, in words, where that is known
 * @param left what of all this was left undone because it was interrupted
 */
public record Region(
    Fate fateA, Fate fateB, Set<Decision> byA, Set<Decision> byB, Packets packets, Merging.Saying saying, Optional<Rest> rest,
    Point witness, Optional<Sequel> sequel, boolean shown, Optional<Witness> played,
    Optional<String> unshown, Set<Left> left) {

  /** What was left undone because it was interrupted. */
  public enum Left {
    /** The smallest cube that has the packets is said, and not what else is in there. */
    WORDS,
    /** Not all that decide are named. */
    DECIDERS,
    /** Not all packets that might show the difference were played. */
    PLAYING
  }

  public Region {
    left = Set.copyOf(left);
  }

  /** One of which nothing is left undone, and that nothing has shown yet. */
  Region(Fate fateA, Fate fateB, Set<Decision> byA, Set<Decision> byB, Packets packets, Merging.Saying saying,
      Optional<Rest> rest, Point witness) {
    this(fateA, fateB, byA, byB, packets, saying, rest, witness, Optional.empty(), false, Optional.empty(), Optional.empty(), Set.of());
  }

  /** The same region, of which this is left undone. */
  Region leaving(Left what) {
    Set<Left> more = new LinkedHashSet<>(left);
    more.add(what);
    return new Region(fateA, fateB, byA, byB, packets, saying, rest, witness, sequel, shown, played, unshown, more);
  }

  /** The same region in other words. */
  Region with(Merging.Saying words) {
    return new Region(fateA, fateB, byA, byB, packets, words, Optional.empty(), witness, sequel, shown, played, unshown, left);
  }

  /** The same region of what follows connections. */
  Region of(Optional<Sequel> what) {
    return new Region(fateA, fateB, byA, byB, packets, saying, rest, witness, what, shown, played, unshown, left);
  }

  /** The same region, shown by a witness. */
  Region shownBy(Witness seen) {
    return new Region(fateA, fateB, byA, byB, packets, saying, rest, witness, sequel, true, Optional.of(seen), unshown, left);
  }

  /** The same region, which no packet shows. */
  Region unshown(Optional<String> why) {
    return new Region(fateA, fateB, byA, byB, packets, saying, rest, witness, sequel, shown, played, why, left);
  }

  /** The same region, shown by one of its packets. */
  Region shownBy(Point packet) {
    return new Region(fateA, fateB, byA, byB, packets, saying, rest, packet, sequel, true, played, unshown, left);
  }

  /** Whether the difference itself could not be decided. */
  public boolean isUndecided() {
    return fateA.isUndecided() || fateB.isUndecided();
  }
}
