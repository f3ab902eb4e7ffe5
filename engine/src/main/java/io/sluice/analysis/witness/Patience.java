package io.sluice.analysis.witness;

import io.sluice.walk.LiveRule;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * How long it is worth to send packets that are alike: as long as a match that answers otherwise after so many has not been asked
 * about as many.
 */
final class Patience {
  /** Like packets that are sent whatever is asked: lists, sets and connections may know them by then. */
  private static final int ANYWAY = 4;
  /** A match that answers otherwise only after more packets than this does not in any conversation that is made here. */
  private static final long MOST = 20_000;
  /** A packet of that length does much more than a short one where bytes are counted, and fits through every interface. */
  static final int LONG = 1_200;
  /** What hangs on others is asked so many times more seldom than they answer otherwise. */
  private static final int SELDOM = 4;
  private static final int UNASKED = -1;

  /** By rule, for each of its matches, how often it is still to be asked. */
  private final Map<LiveRule, long[]> left = new IdentityHashMap<>();
  private int open;
  private long longest;
  private long unasked;
  private int sent;
  private boolean ofConnections;
  private boolean ofBytes;

  /** Forgets everything: packets begin anew. */
  void begin() {
    left.clear();
    open = 0;
    longest = 0;
    unasked = 0;
    sent = 0;
    ofConnections = false;
    ofBytes = false;
  }

  /** The first {@code count} matches of a rule have been asked about a packet of that length. */
  void asked(LiveRule rule, int count, int length) {
    int first = 0;
    while (first < count && rule.match(first).turnsAfter(LONG) == 0) {
      first++;
    }
    if (first == count) {
      return; // as nearly all rules
    }
    long[] mine = left.get(rule);
    if (mine == null) {
      mine = new long[rule.matchCount()];
      Arrays.fill(mine, UNASKED);
      left.put(rule, mine);
    }
    for (int i = first; i < count; i++) {
      if (mine[i] == UNASKED) {
        mine[i] = begun(rule, i, length);
      }
      if (mine[i] > 0) {
        unasked = 0;
        mine[i]--;
        open -= mine[i] == 0 ? 1 : 0;
      }
    }
  }

  private long begun(LiveRule rule, int match, int length) {
    long turns = rule.match(match).turnsAfter(length);
    long fewer = Math.min(turns, rule.match(match).turnsAfter(LONG));
    if (fewer == 0 || fewer > MOST) {
      return 0;
    }
    ofBytes |= fewer < turns && length < LONG;
    ofConnections |= rule.chain().table().name().equals("nat") || rule.match(match).needsConntrack();
    if (turns > MOST) {
      return 0;
    }
    open++;
    longest = Math.max(longest, turns);
    return turns;
  }

  /** Whether one more packet is worth it; it is sent then. */
  boolean hasMore() {
    return sent++ < ANYWAY || open > 0 && unasked++ <= SELDOM * longest;
  }

  /** Whether some match that has been asked may answer otherwise after more packets. */
  boolean isWanted() {
    return open > 0 || ofBytes;
  }

  /** Whether such a match counts connections, or sees but the first packet of each. */
  boolean isOfConnections() {
    return ofConnections;
  }

  /** Whether such a match counts bytes, and long packets are fewer. */
  boolean isOfBytes() {
    return ofBytes;
  }
}
