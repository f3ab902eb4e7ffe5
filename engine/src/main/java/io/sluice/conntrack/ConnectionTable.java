package io.sluice.conntrack;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The connections by both of their tuples: an open-addressing hash table in two parallel arrays.
 *
 * <pre>
 *   64 slots; tag = hash of tuple and zone (31 bits) with the direction in the lowest bit; home = its highest 6 bits
 *   slot  tag     home  entry
 *     16  41988c58    16  1 original
 *     17  46d7ef56    17  2 original
 *     28  72307f31    28  2 reply
 *     42  a924a287    42  1 reply
 *   all others are free: tag 0
 * </pre>
 *
 * Here are two connections, 1 from 10.0.0.1:1000 and 2 from 10.0.0.1:1001, both to UDP port 53 of 10.0.0.2, with seed 0. The
 * slots are in the order of hashes, as the kernel's buckets are; who finds its home taken goes to the next free slot.
 *
 * <p>A look-up compares tags, which lie together, and touches a connection only where the tag is equal. At most half of
 * the slots are used; a slot takes 8 bytes with 4-byte references, and the table never shrinks. Removing closes the gap by
 * moving later entries back, so that there are no tombstones.
 *
 * <p>A connection that has expired stays until somebody stumbles over it or the table would have to grow.
 */
final class ConnectionTable {
  private static final int SMALLEST = 64;
  /** Slots whose connections are read together. */
  static final int PURGED = 512;

  private final long seed;
  private final TupleKey scratch = new TupleKey();
  private int[] tags = new int[SMALLEST];
  private Connection[] entries = new Connection[SMALLEST];
  private int shift = Integer.numberOfLeadingZeros(SMALLEST) + 1;
  private int used;
  private int connections;
  /** Slots that are used in a stretch of the table, and when their connections expire. */
  private int[] taken = new int[PURGED];
  private long[] timeouts = new long[PURGED];
  private final Connection[] expired = new Connection[PURGED];
  private int expiredCount;
  private Expiry onExpiry = (gone, count) -> {};
  /** The direction in which {@link #find} found its last connection. */
  boolean foundReply;

  ConnectionTable(long seed) {
    this.seed = seed;
  }

  /** Is told of connections that have left the table. */
  interface Expiry {
    /** The first {@code count} of the array have left. */
    void expired(Connection[] gone, int count);
  }

  /** Who is told of connections that leave because their time is over. */
  void onExpiry(Expiry listener) {
    onExpiry = listener;
  }

  /** Connections in the table, those included that have expired and were not met since. */
  int size() {
    return connections;
  }

  /**
   * The live connection that has {@code key} in a direction and is in the given zone there; null if there is none. Which
   * direction it was stands in {@link #foundReply} afterwards.
   *
   * @param zoneId the zone that the tuple is hashed with
   * @param originalZone the zone that a connection must be in where {@code key} is its original tuple
   * @param replyZone the same for the reply tuple
   */
  Connection find(TupleKey key, int zoneId, int originalZone, int replyZone, long now) {
    return find(key.hash(zoneId, seed), key, originalZone, replyZone, now);
  }

  private Connection find(int hash, TupleKey key, int originalZone, int replyZone, long now) {
    int tag = hash << 1;
    int[] tags = this.tags;
    int mask = tags.length - 1;
    int i = tag >>> shift;
    for (int t = tags[i]; t != 0; t = tags[i = i + 1 & mask]) {
      if ((t & ~1) == tag) {
        Connection c = entries[i];
        if (isOf(key, c, (t & 1) != 0, originalZone, replyZone)) {
          if (c.timeout > now) {
            return c;
          }
          expire(c);
          return find(hash, key, originalZone, replyZone, now);
        }
      }
    }
    return null;
  }

  /**
   * Reads what {@link #find} will read for these tuples, so that the waits for memory overlap instead of following one
   * another: a million connections lie in no cache, and each loop here has as many reads under way as the processor can. Of
   * connections one line each comes first, as most of the wait is for the page that it is on.
   *
   * @param hashes of the tuples; afterwards the slots where their connections are, or would begin to be looked for, for {@link #at}
   * @return a number without meaning, which keeps the reads from being left out
   */
  long touch(int[] hashes, int count) {
    int[] tags = this.tags;
    int mask = tags.length - 1;
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += tags[hashes[i] << 1 >>> shift];
    }
    for (int i = 0; i < count; i++) {
      int tag = hashes[i] << 1;
      int slot = tag >>> shift;
      int t = tags[slot];
      while (t != 0 && (t & ~1) != tag) {
        t = tags[slot = slot + 1 & mask];
      }
      hashes[i] = slot;
    }
    Connection[] entries = this.entries;
    for (int i = 0; i < count; i++) {
      sum += entries[hashes[i]] == null ? 0 : 1;
    }
    for (int i = 0; i < count; i++) {
      Connection c = entries[hashes[i]];
      if (c != null) {
        sum += c.status;
      }
    }
    for (int i = 0; i < count; i++) {
      Connection c = entries[hashes[i]];
      if (c != null) {
        sum += c.touch();
      }
    }
    return sum;
  }

  /** As {@link #find} if the connection is in this slot; null if another is there or none, which says nothing. */
  Connection at(int slot, TupleKey key, int originalZone, int replyZone, long now) {
    Connection c = entries[slot];
    boolean reply = (tags[slot] & 1) != 0;
    return c != null && c.timeout > now && isOf(key, c, reply, originalZone, replyZone) ? c : null;
  }

  /** Whether a connection has the tuple in a direction, and is in the zone there. The direction is noted. */
  private boolean isOf(TupleKey key, Connection c, boolean reply, int originalZone, int replyZone) {
    if (!key.isOf(c, reply) || c.zoneId(reply) != (reply ? replyZone : originalZone)) {
      return false;
    }
    // A tuple that is its own inverse stands twice; the kernel finds the reply direction, which it put in last.
    foundReply = reply || key.isOf(c, true) && c.zoneId(true) == replyZone;
    return true;
  }

  /**
   * Reads the slots where the search for tuples of these hashes begins; the number has no meaning.
   *
   * @param filled whether connections are going to be put there
   */
  long touchHomes(int[] hashes, int count, boolean filled) {
    int[] tags = this.tags;
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += tags[hashes[i] << 1 >>> shift];
    }
    Connection[] entries = this.entries;
    for (int i = 0; i < (filled ? count : 0); i++) {
      sum += entries[hashes[i] << 1 >>> shift] == null ? 0 : 1;
    }
    return sum;
  }

  /** Adds both directions. The caller knows that neither tuple is taken. */
  void insert(Connection c, long now) {
    insert(c, hash(c, false), hash(c, true), now);
  }

  private void insert(Connection c, int hash, int replyHash, long now) {
    makeRoom(now);
    place(hash << 1, c);
    place(replyHash << 1 | 1, c);
    connections++;
  }

  /**
   * Adds both directions, unless one of the tuples is taken.
   *
   * @param key to look up with
   * @return the connection that has one, the original before the reply; null when there is none, and {@code c} is in the table
   */
  Connection insertIfFree(Connection c, TupleKey key, long now) {
    int hash = hash(c, false);
    int replyHash = hash(c, true);
    key.set(c, false);
    Connection clash = find(hash, key, c.zoneId(false), c.zoneId(true), now);
    if (clash == null) {
      key.set(c, true);
      clash = find(replyHash, key, c.zoneId(false), c.zoneId(true), now);
    }
    if (clash == null) {
      insert(c, hash, replyHash, now);
    }
    return clash;
  }

  /** Adds the reply direction alone, for {@link CtStatus#NAT_CLASH}. */
  void insertReply(Connection c, long now) {
    makeRoom(now);
    place(hash(c, true) << 1 | 1, c);
    connections++;
  }

  private int hash(Connection c, boolean reply) {
    scratch.set(c, reply);
    return scratch.hash(c.zoneId(reply), seed);
  }

  void remove(Connection c) {
    if (!c.has(CtStatus.NAT_CLASH)) {
      erase(hash(c, false) << 1, c);
    }
    erase(hash(c, true) << 1 | 1, c);
    connections--;
  }

  /** Calls {@code action} for every connection once, in no order of meaning; it must not change the table. */
  void forEach(Consumer<Connection> action) {
    for (int i = 0; i < tags.length; i++) {
      if ((tags[i] & 1) != 0) {
        action.accept(entries[i]);
      }
    }
  }

  /**
   * Throws out whatever has expired: one way through the slots, in stretches between free ones, so that nobody's home is in
   * another stretch. In each the connections are read first, so that the waits for memory overlap; then those that have expired
   * leave, the last first: who moves into the gap is known to stay.
   */
  void purge(long now) {
    int start = 0;
    while (tags[start] != 0) {
      start++;
    }
    int end = start + tags.length;
    for (int from = start, to; from < end; from = to) {
      to = stretch(from, end);
      int count = findTaken(from, to);
      for (int k = 0; k < count; k++) {
        timeouts[k] = entries[taken[k]].timeout;
      }
      for (int k = count - 1; k >= 0; k--) {
        if (timeouts[k] <= now) {
          leave(taken[k]);
        }
      }
      leave();
    }
  }

  /** Where a stretch of some length ends, in front of a free slot. */
  private int stretch(int from, int end) {
    int mask = tags.length - 1;
    int to = Math.min(from + PURGED, end);
    while (to < end && tags[to & mask] != 0) {
      to++;
    }
    if (to - from > taken.length) {
      taken = new int[to - from];
      timeouts = new long[to - from];
    }
    return to;
  }

  /** Without a branch for each slot, which would be foretold wrongly as often as not. */
  private int findTaken(int from, int to) {
    int[] tags = this.tags;
    int[] taken = this.taken;
    int mask = tags.length - 1;
    int count = 0;
    for (int i = from; i < to; i++) {
      int tag = tags[i & mask];
      taken[count] = i & mask;
      count += (tag | -tag) >>> 31;
    }
    return count;
  }

  /** The connection of a slot has expired; the slot of its reply, which all have, counts for both. */
  private void leave(int slot) {
    Connection c = entries[slot];
    boolean reply = (tags[slot] & 1) != 0;
    close(slot);
    if (reply) {
      expired[expiredCount++] = c;
      if (expiredCount == PURGED) {
        leave();
      }
    }
  }

  private void leave() {
    connections -= expiredCount;
    onExpiry.expired(expired, expiredCount);
    Arrays.fill(expired, 0, expiredCount, null);
    expiredCount = 0;
  }

  /**
   * Gives up connections that are not {@link CtStatus#ASSURED}: all in the first of eight buckets, from the tuple's on,
   * that has any, as early_drop() does. Whether there were any.
   *
   * @param buckets how many buckets the kernel's table has
   * @param kill takes a connection out of this table
   */
  boolean earlyDrop(TupleKey key, int zoneId, int buckets, long now, Consumer<Connection> kill) {
    long first = (long) key.hash(zoneId, seed) * buckets >>> 31;
    for (int n = 0; n < 8; n++) {
      long bucket = (first + n) % buckets;
      long low = ((bucket << 31) + buckets - 1) / buckets;
      long high = ((bucket + 1 << 31) + buckets - 1) / buckets;
      boolean dropped = false;
      for (Connection c = unassuredBetween(low, high, now); c != null; c = unassuredBetween(low, high, now)) {
        kill.accept(c);
        dropped = true;
      }
      if (dropped) {
        return true;
      }
    }
    return false;
  }

  /** The used slots, as in the picture above. */
  String dump() {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < tags.length; i++) {
      int tag = tags[i];
      if (tag != 0) {
        out.append(String.format("%4d  %08x  %4d  %d %s%n", i, tag, tag >>> shift, entries[i].serial,
            (tag & 1) == 0 ? "original" : "reply"));
      }
    }
    return out.toString();
  }

  /** Looks from the home of {@code low} to that of {@code high} and on through what was displaced from there. */
  private Connection unassuredBetween(long low, long high, long now) {
    if (low >= high) {
      return null; // more buckets than hashes
    }
    int mask = tags.length - 1;
    int i = (int) (low << 1) >>> shift;
    int homes = ((int) (high - 1 << 1) >>> shift) - i;
    for (int n = 0; n <= mask && (n <= homes || tags[i] != 0); n++, i = i + 1 & mask) {
      if (tags[i] == 0) {
        continue;
      }
      int hash = tags[i] >>> 1;
      if (hash >= low && hash < high && entries[i].timeout > now && !entries[i].has(CtStatus.ASSURED)) {
        return entries[i];
      }
    }
    return null;
  }

  private void expire(Connection c) {
    remove(c);
    expired[0] = c;
    onExpiry.expired(expired, 1);
    expired[0] = null;
  }

  private void makeRoom(long now) {
    if ((used + 2) * 2 <= tags.length) {
      return;
    }
    purge(now);
    if ((used + 2) * 8 > tags.length * 3) {
      grow();
    }
  }

  private void grow() {
    int[] oldTags = tags;
    Connection[] oldEntries = entries;
    tags = new int[oldTags.length * 2];
    entries = new Connection[oldTags.length * 2];
    shift--;
    used = 0;
    for (int i = 0; i < oldTags.length; i++) {
      if (oldTags[i] != 0) {
        place(oldTags[i], oldEntries[i]);
      }
    }
  }

  private void place(int tag, Connection c) {
    int mask = tags.length - 1;
    int i = tag >>> shift;
    while (tags[i] != 0) {
      i = i + 1 & mask;
    }
    tags[i] = tag;
    entries[i] = c;
    used++;
  }

  private void erase(int tag, Connection c) {
    int mask = tags.length - 1;
    int i = tag >>> shift;
    while (tags[i] != tag || entries[i] != c) {
      i = i + 1 & mask;
    }
    close(i);
  }

  /** Frees a slot, or rather the one that is left when entries behind it have moved up. */
  private void close(int slot) {
    int mask = tags.length - 1;
    int gap = slot;
    int i = slot;
    for (int t = tags[i = i + 1 & mask]; t != 0; t = tags[i = i + 1 & mask]) {
      // An entry may move back to the gap unless its home lies behind the gap, cyclically.
      int home = t >>> shift;
      if ((i - home & mask) >= (i - gap & mask)) {
        tags[gap] = t;
        entries[gap] = entries[i];
        gap = i;
      }
    }
    tags[gap] = 0;
    entries[gap] = null;
    used--;
  }
}
