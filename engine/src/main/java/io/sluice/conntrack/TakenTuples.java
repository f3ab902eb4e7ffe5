package io.sluice.conntrack;

/**
 * Whether NAT may give a connection a tuple: whether another one has it.
 *
 * <p>Kernel: nf_conntrack_tuple_taken() in net/netfilter/nf_conntrack_core.c; nf_nat_used_tuple_new() and
 * nf_nat_used_tuple_harder() in nf_nat_core.c.
 */
final class TakenTuples {
  private final Conntrack conntrack;
  private final ConnectionTable table;
  private final TupleKey scratch = new TupleKey();

  TakenTuples(Conntrack conntrack, ConnectionTable table) {
    this.conntrack = conntrack;
    this.table = table;
  }

  /** Whether another connection has this tuple already: nf_conntrack_tuple_taken(). */
  boolean isTaken(TupleKey reply, Connection c) {
    Connection found = table.find(reply, c.zoneId(true), c.zoneId(false), c.zoneId(true), conntrack.now());
    return found != null && found != c && !hasSameOriginal(found, c);
  }

  /**
   * As {@link #isTaken} of a forward tuple that NAT leaves as it is: nf_nat_used_tuple_new(). A connection that is the
   * very same flow from the other side is no obstacle.
   */
  boolean isTakenUnmapped(TupleKey forward, Connection c) {
    scratch.setInverse(forward);
    if (!isTaken(scratch, c)) {
      return false;
    }
    int translated = CtStatus.NAT_MASK | CtStatus.SEQ_ADJUST;
    if (!Insertion.mayClash(c) || (c.status & translated) != 0) {
      return true;
    }
    Connection found = conntrack.lookUp(forward, c.zoneId(false), c.zoneId(true));
    if (found == null) {
      scratch.setInverse(forward);
      found = conntrack.lookUp(scratch, c.zoneId(false), c.zoneId(true));
    }
    scratch.set(c, true);
    return found != null && ((found.status & translated) != 0 || !scratch.isOf(found, false));
  }

  /**
   * As {@link #isTaken} of a forward tuple: nf_nat_used_tuple_harder().
   *
   * @param evict whether an old TCP connection that waits for its end may be thrown out, as a last resort
   */
  boolean isTakenHarder(TupleKey forward, Connection c, boolean evict) {
    scratch.setInverse(forward);
    if (!evict || !(c instanceof TcpConnection) || ((TcpConnection) c).state != TcpState.SYN_SENT) {
      return isTaken(scratch, c);
    }
    Connection found = conntrack.lookUp(scratch, c.zoneId(false), c.zoneId(true));
    if (found == null) {
      return false;
    }
    TcpConnection old = (TcpConnection) found;
    if (!table.foundReply || old.state < TcpState.TIME_WAIT || (old.status & CtStatus.FIXED_TIMEOUT) != 0
        || !old.has(CtStatus.SRC_NAT) || ((TcpConnection) c).originalEnd() - old.originalEnd() <= 0) {
      return true;
    }
    conntrack.kill(old);
    return false;
  }

  private boolean hasSameOriginal(Connection a, Connection b) {
    scratch.set(a, false);
    return scratch.isOf(b, false) && a.zoneId(false) == b.zoneId(false);
  }
}
