package io.sluice.ipset;

/** Is told where packets are found in sets. */
@FunctionalInterface
public interface SetWatcher {
  /**
   * A packet's element, to be tested, added or deleted, was found as this entry, which has not expired. Whether the look-up
   * matches is another matter: the entry may be a "nomatch", or have counters that are not as asked for. A list finds its
   * members, after what has been found in those.
   *
   * @param query what was asked of the set, or of the list that it is a member of, with the set's own name
   * @param entry as {@link IpSet#forEach} shows it; reused
   */
  void found(IpSet set, SetQuery query, SetElement entry);
}
