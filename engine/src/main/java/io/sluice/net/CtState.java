package io.sluice.net;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.CtInfo;
import io.sluice.conntrack.CtRef;
import io.sluice.conntrack.CtStatus;

/**
 * A packet's ctstate as one number, for {@code -m conntrack}, {@code -m state} and those who index by it.
 *
 * <pre>
 *   0 INVALID   1 NEW   2 RELATED   3 ESTABLISHED   4 UNTRACKED    and for a connection that NAT has bound
 *   + 8 its source is translated (SNAT)   + 16 its destination is translated (DNAT)
 * </pre>
 *
 * <p>INVALID and UNTRACKED have no connection, all others have one. Kernel: conntrack_mt() in
 * net/netfilter/xt_conntrack.c.
 */
public final class CtState {
  public static final int INVALID = 0;
  public static final int NEW = 1;
  public static final int RELATED = 2;
  public static final int ESTABLISHED = 3;
  public static final int UNTRACKED = 4;
  public static final int SNAT = 8;
  public static final int DNAT = 16;
  /** All numbers are below this. */
  public static final int COUNT = 32;
  /** The bits that hold the state proper. */
  public static final int STATE_MASK = 7;

  private CtState() {}

  /** The number for what a packet carries. */
  public static int of(CtRef ct) {
    Connection connection = ct.connection();
    if (connection == null) {
      return ct.info() == CtInfo.UNTRACKED ? UNTRACKED : INVALID;
    }
    int status = connection.status();
    return state(ct.info()) | ((status & CtStatus.SRC_NAT) != 0 ? SNAT : 0) | ((status & CtStatus.DST_NAT) != 0 ? DNAT : 0);
  }

  private static int state(CtInfo info) {
    switch (info) {
      case NEW:
        return NEW;
      case RELATED:
      case RELATED_REPLY:
        return RELATED;
      default:
        return ESTABLISHED;
    }
  }

  /** Whether packets with this number have a connection. */
  public static boolean hasConnection(int number) {
    return (number & STATE_MASK) != INVALID && (number & STATE_MASK) != UNTRACKED;
  }
}
