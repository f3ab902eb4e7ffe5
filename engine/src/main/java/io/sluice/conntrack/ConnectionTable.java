package io.sluice.conntrack;

import io.sluice.packet.Packet;
import java.util.function.Consumer;

/**
 * The connections by both of their tuples: numbers of a {@link Roster} in a {@link TagTable}, with the connections beside them.
 *
 * <pre>
 *   64 slots; tag = hash of tuple and zone (31 bits) with the direction in the lowest bit; home = its highest 6 bits
 *   slot  tag     home  entry
 *     16  41988c58    16  1 original
 *     17  46d7ef56    17  2 original
 *     28  72307f31    28  2 reply
 *     42  a924a287    42  1 reply
 *   all others are free
 * </pre>
 *
 * Here are two connections, 1 from 10.0.0.1:1000 and 2 from 10.0.0.1:1001, both to UDP port 53 of 10.0.0.2, with seed 0. The
 * slots are in the order of hashes, as the kernel's buckets are.
 *
 * <p>A look-up compares tags, and touches a connection only where the tag is equal. A connection that has expired stays until
 * somebody stumbles over it or the table would have to grow.
 */
final class ConnectionTable {
  private final long seed;
  private final Roster roster;
  private final Expiry expiry;
  private final TagTable table = new TagTable(true);
  private final TupleKey scratch = new TupleKey();
  private int connections;
  /** The direction in which {@link #find} found its last connection. */
  boolean foundReply;
  /** The connection that {@link #insertIfFree} last found to have one of the tuples, the original before the reply; else null. */
  Connection clash;

  /** @param expiry is told of connections that leave because their time is over */
  ConnectionTable(long seed, Roster roster, Expiry expiry) {
    this.seed = seed;
    this.roster = roster;
    this.expiry = expiry;
  }

  /** Is told of connections whose time is over. */
  interface Expiry {
    /** One has left the table. */
    void expired(Connection c);

    /** Those that are {@link Roster#isGone} have left the table, and are still to be removed from the roster. */
    void swept();
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
    long[] slots = table.slots;
    Connection[] connections = table.connections;
    int mask = slots.length - 1;
    int i = table.home(tag);
    for (long s = slots[i]; s != 0; s = slots[i = i + 1 & mask]) {
      int t = TagTable.tag(s);
      if ((t & ~1) == tag) {
        Connection c = connections[i];
        if (isOf(key, c, (t & 1) != 0, originalZone, replyZone)) {
          if (c.timeout > now) {
            return c;
          }
          remove(c);
          expiry.expired(c);
          return find(hash, key, originalZone, replyZone, now);
        }
      }
    }
    return null;
  }

  /**
   * Reads what {@link #find} will read for these tuples, so that the waits for memory overlap instead of following one
   * another: a million connections lie in no cache, and each loop here has as many reads under way as the processor can. Of a
   * connection all lines are read together, since most of the wait is for the page that they are on.
   *
   * @param hashes of the tuples; afterwards what {@link #at} takes
   * @return a number without meaning, which keeps the reads from being left out
   */
  long touch(int[] hashes, int count) {
    long sum = table.touch(hashes, count);
    for (int i = 0; i < count; i++) {
      long s = table.slots[table.first(hashes[i] << 1)];
      hashes[i] = TagTable.number(s) << 1 | TagTable.tag(s) & 1;
    }
    for (int i = 0; i < count; i++) {
      Connection c = roster.get(hashes[i] >>> 1);
      sum += c == null ? 0 : c.touch();
    }
    return sum;
  }

  /**
   * As {@link #find} for a TCP or UDP packet, if it is this connection that is found; null says nothing.
   *
   * @param expected the connection's number and the direction: what {@link #touch} left for the packet's tuple
   */
  Connection at(int expected, Packet packet, int originalZone, int replyZone, long now) {
    Connection c = roster.get(expected >>> 1);
    boolean reply = (expected & 1) != 0;
    if (c == null || c.timeout <= now || !c.isTupleOf(packet, reply) || c.zoneId(reply) != (reply ? replyZone : originalZone)) {
      return null;
    }
    foundReply = reply;
    return c;
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
    return table.touch(hashes, count) + (filled ? table.touchConnections(hashes, count) : 0);
  }

  /** Adds both directions, and returns the connection's number. The caller knows that neither tuple is taken. */
  int insert(Connection c, long now) {
    return insert(c, hash(c, false), hash(c, true), now);
  }

  private int insert(Connection c, int hash, int replyHash, long now) {
    makeRoom(now);
    int number = add(c);
    table.place(hash << 1, number, c);
    table.place(replyHash << 1 | 1, number, c);
    return number;
  }

  /** Adds the reply direction alone, for {@link CtStatus#NAT_CLASH}; returns the connection's number. */
  int insertReply(Connection c, long now) {
    makeRoom(now);
    int number = add(c);
    table.place(hash(c, true) << 1 | 1, number, c);
    return number;
  }

  private int add(Connection c) {
    connections++;
    return roster.add(c);
  }

  /**
   * Adds both directions, unless one of the tuples is taken.
   *
   * @param key to look up with
   * @return the connection's number; 0 when one of the tuples is taken, by {@link #clash}
   */
  int insertIfFree(Connection c, TupleKey key, long now) {
    int hash = hash(c, false);
    int replyHash = hash(c, true);
    key.set(c, false);
    clash = find(hash, key, c.zoneId(false), c.zoneId(true), now);
    if (clash == null) {
      key.set(c, true);
      clash = find(replyHash, key, c.zoneId(false), c.zoneId(true), now);
    }
    return clash == null ? insert(c, hash, replyHash, now) : 0;
  }

  private int hash(Connection c, boolean reply) {
    scratch.set(c, reply);
    return scratch.hash(c.zoneId(reply), seed);
  }

  void remove(Connection c) {
    if (!c.has(CtStatus.NAT_CLASH)) {
      table.close(slot(hash(c, false) << 1, c));
    }
    int slot = slot(hash(c, true) << 1 | 1, c);
    roster.remove(TagTable.number(table.slots[slot]));
    table.close(slot);
    connections--;
  }

  private int slot(int tag, Connection c) {
    int i = table.home(tag);
    while (TagTable.tag(table.slots[i]) != tag || table.connections[i] != c) {
      i = table.next(i);
    }
    return i;
  }

  /** Calls {@code action} for every connection once, in no order of meaning; it must not change the table. */
  void forEach(Consumer<Connection> action) {
    roster.forEach(action);
  }

  /** Throws out whatever has expired. */
  void purge(long now) {
    int gone = roster.markExpired(now);
    if (gone > 0) {
      connections -= gone;
      table.sweep(roster);
      expiry.swept();
    }
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
    for (int i = 0; i < table.slots.length; i++) {
      long s = table.slots[i];
      if (s != 0) {
        int tag = TagTable.tag(s);
        out.append(String.format("%4d  %08x  %4d  %d %s%n", i, tag, table.home(tag), TagTable.number(s),
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
    int slots = table.slots.length;
    int i = table.home((int) (low << 1));
    int homes = table.home((int) (high - 1 << 1)) - i;
    for (int n = 0; n < slots && (n <= homes || table.slots[i] != 0); n++, i = table.next(i)) {
      long s = table.slots[i];
      int hash = TagTable.tag(s) >>> 1;
      if (s != 0 && hash >= low && hash < high) {
        Connection c = table.connections[i];
        if (c.timeout > now && !c.has(CtStatus.ASSURED)) {
          return c;
        }
      }
    }
    return null;
  }

  private void makeRoom(long now) {
    if (table.hasRoom(2)) {
      return;
    }
    purge(now);
    if (table.isCrowded(2)) {
      table.grow();
    }
  }
}
