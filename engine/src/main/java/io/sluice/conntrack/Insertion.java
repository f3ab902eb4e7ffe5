package io.sluice.conntrack;

import io.sluice.netfilter.Verdict;
import io.sluice.packet.Protocols;

/**
 * Puts connections into the table, and settles what happens when one of their tuples is taken.
 *
 * <p>Kernel: __nf_conntrack_confirm(), nf_ct_resolve_clash() in net/netfilter/nf_conntrack_core.c.
 */
final class Insertion {
  private static final long SECOND = 1_000_000_000L;

  private final Conntrack conntrack;
  private final ConnectionTable table;
  private final NatSources natSources;
  private final TupleKey scratch = new TupleKey();
  private long serial;

  Insertion(Conntrack conntrack, ConnectionTable table, NatSources natSources) {
    this.conntrack = conntrack;
    this.table = table;
    this.natSources = natSources;
  }

  /** Goes on numbering connections where {@code other} is. */
  void continueFrom(Insertion other) {
    serial = other.serial;
  }

  /** Puts in a connection whose tuples are known to be free, as its last. */
  void put(Connection c) {
    c.serial = ++serial;
    putAgain(c, conntrack.now());
  }

  /** Puts in a connection that was in such a table before, with its number. */
  void putAgain(Connection c, long now) {
    bind(c, c.has(CtStatus.NAT_CLASH) ? table.insertReply(c, now) : table.insert(c, now));
  }

  private void bind(Connection c, int number) {
    if (c.has(CtStatus.SRC_NAT_DONE)) {
      natSources.add(c, number);
    }
  }

  /** Puts in the connection of a packet that has come through; its life begins now: __nf_conntrack_confirm(). */
  Verdict insert(Connection c, CtRef ref) {
    if (c.has(CtStatus.DYING)) {
      return conntrack.drop("connection was deleted before it was confirmed");
    }
    long now = conntrack.now();
    int number = table.insertIfFree(c, scratch, now);
    if (number == 0) {
      return resolveClash(c, table.clash, ref, now);
    }
    c.timeout += now;
    c.status |= CtStatus.CONFIRMED;
    c.serial = ++serial;
    bind(c, number);
    return Verdict.ACCEPT;
  }

  /**
   * nf_ct_resolve_clash(): the same flow twice becomes one; where only the original tuples are equal, the new connection
   * goes in for its replies alone and soon goes away; everything else is dropped.
   */
  private Verdict resolveClash(Connection c, Connection clash, CtRef ref, long now) {
    boolean allowed = mayClash(c);
    if (allowed && merge(c, clash, ref)) {
      return Verdict.ACCEPT;
    }
    if (allowed) {
      scratch.set(c, true);
      Connection atReply = table.find(scratch, c.zoneId(true), c.zoneId(false), c.zoneId(true), now);
      if (atReply == null) {
        c.timeout = now + SECOND;
        c.status |= CtStatus.FIXED_TIMEOUT | CtStatus.NAT_CLASH | CtStatus.CONFIRMED;
        put(c);
        return Verdict.ACCEPT;
      }
      if (merge(c, atReply, ref)) {
        return Verdict.ACCEPT;
      }
    }
    return conntrack.drop("clashes with a connection in the table (insert_failed)");
  }

  /** __nf_ct_resolve_clash(): makes the packet one of {@code winner}'s, if that is the same flow, in whichever direction. */
  private boolean merge(Connection c, Connection winner, CtRef ref) {
    boolean same = isSame(c, false, winner, false) && isSame(c, true, winner, true);
    if (!same && !(isSame(c, true, winner, false) && isSame(c, false, winner, true))) {
      return false;
    }
    winner.count(false, (int) c.bytes);
    ref.set(winner, ref.info());
    return true;
  }

  private boolean isSame(Connection a, boolean replyA, Connection b, boolean replyB) {
    scratch.set(a, replyA);
    return scratch.isOf(b, replyB) && a.zoneId(replyA) == b.zoneId(replyB);
  }

  /** Whether the protocol has no beginning by which two packets could be told to belong to two flows: allow_clash. */
  static boolean mayClash(Connection c) {
    return c.protocol() == Protocols.UDP || c.protocol() == Protocols.UDPLITE || c.protocol() == Protocols.GRE;
  }
}
