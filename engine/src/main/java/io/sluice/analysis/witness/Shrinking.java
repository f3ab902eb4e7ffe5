package io.sluice.analysis.witness;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Leaves out of packets those that are not needed for the last to do what it does. */
public final class Shrinking {
  /** Of more packets than this, they are left out together only. */
  private static final int MOST_ONE_BY_ONE = 32;

  private final Predicate<List<Step>> shows;

  /** @param shows whether packets do it on a host that has just booted; where it throws, so does {@link #of} */
  public Shrinking(Predicate<List<Step>> shows) {
    this.shows = shows;
  }

  /** The last of the packets that do, without those that can be left out; empty when all of them together do not. */
  public Optional<Witness> of(List<Step> past) {
    for (int count = 1; ; count *= 2) {
      List<Step> last = past.subList(Math.max(0, past.size() - count), past.size());
      if (shows.test(last)) {
        return Optional.of(new Witness(fewer(last)));
      }
      if (count >= past.size()) {
        return Optional.empty();
      }
    }
  }

  private List<Step> fewer(List<Step> steps) {
    List<Step> fewest = new ArrayList<>(steps);
    for (int part = steps.size() / 2; part > 0; ) {
      int before = fewest.size();
      for (int first = 0; first + part < fewest.size(); ) {
        List<Step> fewer = new ArrayList<>(fewest);
        fewer.subList(first, first + part).clear();
        if (shows.test(fewer)) {
          fewest = fewer;
        } else {
          first += part;
        }
      }
      boolean again = part == 1 && fewest.size() < before && fewest.size() <= MOST_ONE_BY_ONE;
      part = again ? 1 : part / 2;
    }
    return fewest;
  }
}
