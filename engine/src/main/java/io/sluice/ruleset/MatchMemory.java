package io.sluice.ruleset;

/**
 * What a match remembers of the packets that it was asked about, and by which it answers others otherwise.
 *
 * @param name what all matches of that name share, of whatever rule; empty for one that each rule has for itself
 * @param written whether asking changes it
 * @param read whether the answer depends on it
 */
public record MatchMemory(String name, boolean written, boolean read) {
  /** No memory at all. */
  public static final MatchMemory NONE = new MatchMemory("", false, false);
  /** The rule's own. */
  public static final MatchMemory OWN = new MatchMemory("", true, true);

  /** That of an ipset's elements, which all share that look them up. */
  public static MatchMemory ofCounters(String set, boolean written, boolean read) {
    return new MatchMemory("counters of set " + set, written, read);
  }

  /** Whether matches of other rules share it. */
  public boolean isShared() {
    return !name.isEmpty();
  }
}
