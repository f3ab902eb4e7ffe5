package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.corpus.scenario.SluiceSubject.Lot;
import io.sluice.corpus.scenario.Step;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The counters of a rule that draws lots tell how many matched, but not which, where one packet comes to the rule twice (a
 * chain that is called from two places) or several packets of one length do. Sluice takes the first that can; where that
 * ends in differences, others may be those that matched in the kernel: what the other rules counted in the same step tells. Nor do they tell of a lot that matched where another
 * match of its rule did not: Sluice takes it for none, but what is asked behind it may have noted the packet
 * ({@code hashlimit --hashlimit-above}), which shows later.
 *
 * @param steps what was sent
 * @param seen what the kernel made of each
 * @param nanos when, and last when all was listed
 * @param seconds how far the clocks may be apart at the end
 */
public record OtherLots(List<Step> steps, List<Observation> seen, List<Long> nanos, Finals finals, int seconds) {
  private static final int ROUNDS = 64;
  private static final Pattern COUNTED = Pattern.compile("\\[(\\d+):\\d+]");
  /** Of more lots not all pairs are tried: that would take minutes. */
  private static final int MOST_IN_PAIRS = 40;
  /** More than counters are ever apart. */
  private static final long FAR = 1_000_000;

  /**
   * What a set of lots leads to.
   *
   * @param misled the steps' rules that counted otherwise than in the kernel: they say where to look for other lots
   */
  private record Played(List<Difference> differences, List<Difference> misled, List<Lot> chances, boolean possible) {

    /** How far it is from no difference: by how many packets counters differ in the end; other differences outweigh those. */
    long distance() {
      return Stream.concat(differences.stream(), misled.stream()).mapToLong(Played::distance).sum();
    }

    private static long distance(Difference d) {
      Matcher kernel = COUNTED.matcher(d.kernel());
      Matcher sluice = COUNTED.matcher(d.sluice());
      return kernel.find() && sluice.find() ? Math.abs(Long.parseLong(kernel.group(1)) - Long.parseLong(sluice.group(1))) : FAR;
    }
  }

  /** The differences that are left with the lots that fit best. */
  public List<Difference> fewest(SluiceSubject subject) {
    Attempt best = new Attempt(Set.of(), play(subject.again(), Set.of()));
    for (int round = 0; round < ROUNDS && !best.played.differences.isEmpty(); round++) {
      Set<Lot> turned = best.turned;
      Attempt better = bestOf(subject, best, List.of(turned));
      if (better == best && best.played.chances.size() <= MOST_IN_PAIRS) {
        // One lot more changes nothing where a limit grants two packets before it is met.
        better = bestOf(subject, best, best.played.chances.stream().map(lot -> with(turned, lot)).toList());
      }
      if (better == best) {
        break;
      }
      best = better;
    }
    return best.played.differences;
  }

  private record Attempt(Set<Lot> turned, Played played) {}

  /** The best of what one lot more than in each of {@code beginnings} makes; {@code known} where none is better. */
  private Attempt bestOf(SluiceSubject subject, Attempt known, List<Set<Lot>> beginnings) {
    Attempt best = known;
    for (Set<Lot> beginning : beginnings) {
      for (Lot lot : known.played.chances) {
        Set<Lot> turned = with(beginning, lot);
        Played played = play(subject.again(), turned);
        if (played.possible && played.distance() < best.played.distance()) {
          best = new Attempt(turned, played);
        }
      }
    }
    return best;
  }

  private static Set<Lot> with(Set<Lot> lots, Lot more) {
    Set<Lot> all = new HashSet<>(lots);
    all.add(more);
    return all;
  }

  private Played play(SluiceSubject subject, Set<Lot> turned) {
    Comparer comparer = new Comparer();
    List<Difference> differences = new ArrayList<>();
    List<Difference> misled = new ArrayList<>();
    List<Lot> chances = new ArrayList<>();
    subject.turn(turned);
    for (int i = 0; i < steps.size(); i++) {
      subject.follow(nanos.get(i));
      subject.expect(seen.get(i));
      differences.addAll(comparer.step(i, seen.get(i), subject.apply(steps.get(i))));
      misled.addAll(Comparer.counted(i, seen.get(i).counted(), subject.counted()));
      chances.addAll(subject.chances());
      int step = i;
      if (!subject.haveLotsFallen() && turned.stream().anyMatch(l -> l.step() == step && l.matched())) {
        return new Played(differences, misled, chances, false);
      }
    }
    subject.follow(nanos.get(steps.size()));
    differences.addAll(comparer.finals(finals, subject.finals(), seconds));
    return new Played(differences, misled, chances, true);
  }
}
