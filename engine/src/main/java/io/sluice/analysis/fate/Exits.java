package io.sluice.analysis.fate;

import java.util.HashSet;
import java.util.Set;

/**
 * The interfaces by which packets go.
 *
 * @param ofPackets by one of which each packet goes
 * @param ofAnswers by one of which the answer to each goes, where it does not go back to where the packet came from
 */
public record Exits(Set<String> ofPackets, Set<String> ofAnswers) {
  public static final Exits NONE = new Exits(Set.of(), Set.of());

  public Exits {
    ofPackets = Set.copyOf(ofPackets);
    ofAnswers = Set.copyOf(ofAnswers);
  }

  /** Whether each packet, and each answer, goes by the same interface, whichever it is. */
  public boolean areOne() {
    return !equals(NONE) && ofPackets.size() <= 1 && ofAnswers.size() <= 1;
  }

  /** These and those. */
  public Exits and(Exits others) {
    return new Exits(both(ofPackets, others.ofPackets), both(ofAnswers, others.ofAnswers));
  }

  private static Set<String> both(Set<String> some, Set<String> others) {
    Set<String> both = new HashSet<>(some);
    both.addAll(others);
    return both;
  }
}
