package io.sluice.conntrack;

/**
 * The states of an SCTP association as a machine in the middle sees them (enum sctp_conntrack), and how chunks move it.
 *
 * <p>Kernel: sctp_conntracks[][][] and sctp_new_state() in net/netfilter/nf_conntrack_proto_sctp.c. Chunks that are not in
 * the table (DATA, SACK …) leave the state as it is.
 *
 * <pre>
 *   original           NO CL CW CE ES SS SR SA HS
 *   INIT               CL CL CW CE ES CL CL SA CW   begins; after SHUTDOWN it begins again
 *   INIT ACK           CL CL CW CE ES SS SR SA CL
 *   ABORT              CL CL CL CL CL CL CL CL CL
 *   SHUTDOWN           CL CL CW CE SS SS SR SA CL
 *   SHUTDOWN ACK       SA CL CW CE ES SA SA SA SA
 *   ERROR              CL CL CW CE ES SS SR SA CL
 *   COOKIE ECHO        CL CL CE CE ES SS SR SA CL   the client proves that it got the INIT ACK
 *   COOKIE ACK         CL CL CW ES ES SS SR SA CL
 *   SHUTDOWN COMPLETE  CL CL CW CE ES SS SR CL CL
 *   HEARTBEAT          HS CL CW CE ES SS SR SA HS   a further path of a multi-homed association
 *   HEARTBEAT ACK      CL CL CW CE ES SS SR SA HS
 *   reply
 *   INIT               IV CL CW CE ES SS SR SA IV
 *   INIT ACK           IV CW CW CE ES SS SR SA IV
 *   ABORT              IV CL CL CL CL CL CL CL IV
 *   SHUTDOWN           IV CL CW CE SR SS SR SA IV
 *   SHUTDOWN ACK       IV CL CW CE ES SA SA SA IV
 *   ERROR              IV CL CW CL ES SS SR SA IV   a stale cookie ends the attempt
 *   COOKIE ECHO        IV CL CE CE ES SS SR SA IV
 *   COOKIE ACK         IV CL CW ES ES SS SR SA IV   established
 *   SHUTDOWN COMPLETE  IV CL CW CE ES SS SR CL IV
 *   HEARTBEAT          IV CL CW CE ES SS SR SA HS
 *   HEARTBEAT ACK      IV CL CW CE ES SS SR SA ES
 * </pre>
 */
final class SctpState {
  static final int NONE = 0;
  static final int CLOSED = 1;
  static final int COOKIE_WAIT = 2;
  static final int COOKIE_ECHOED = 3;
  static final int ESTABLISHED = 4;
  static final int SHUTDOWN_SENT = 5;
  static final int SHUTDOWN_RECD = 6;
  static final int SHUTDOWN_ACK_SENT = 7;
  static final int HEARTBEAT_SENT = 8;
  static final int COUNT = 9;
  static final int INVALID = 9;

  static final int DATA = 0;
  static final int INIT = 1;
  static final int INIT_ACK = 2;
  static final int HEARTBEAT = 4;
  static final int HEARTBEAT_ACK = 5;
  static final int ABORT = 6;
  static final int SHUTDOWN = 7;
  static final int SHUTDOWN_ACK = 8;
  static final int ERROR = 9;
  static final int COOKIE_ECHO = 10;
  static final int COOKIE_ACK = 11;
  static final int SHUTDOWN_COMPLETE = 14;

  private static final String[] NAMES = {
    "NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT", "SHUTDOWN_RECD",
    "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT"
  };

  private static final byte[] TABLE = TcpState.table(
      "NO CL CW CE ES SS SR SA HS IV",
      "CL CL CW CE ES CL CL SA CW",
      "CL CL CW CE ES SS SR SA CL",
      "CL CL CL CL CL CL CL CL CL",
      "CL CL CW CE SS SS SR SA CL",
      "SA CL CW CE ES SA SA SA SA",
      "CL CL CW CE ES SS SR SA CL",
      "CL CL CE CE ES SS SR SA CL",
      "CL CL CW ES ES SS SR SA CL",
      "CL CL CW CE ES SS SR CL CL",
      "HS CL CW CE ES SS SR SA HS",
      "CL CL CW CE ES SS SR SA HS",
      "IV CL CW CE ES SS SR SA IV",
      "IV CW CW CE ES SS SR SA IV",
      "IV CL CL CL CL CL CL CL IV",
      "IV CL CW CE SR SS SR SA IV",
      "IV CL CW CE ES SA SA SA IV",
      "IV CL CW CL ES SS SR SA IV",
      "IV CL CE CE ES SS SR SA IV",
      "IV CL CW ES ES SS SR SA IV",
      "IV CL CW CE ES SS SR CL IV",
      "IV CL CW CE ES SS SR SA HS",
      "IV CL CW CE ES SS SR SA ES");

  /** The table's row of a chunk type, from 0; -1 where there is none. */
  private static final byte[] ROW = {-1, 0, 1, -1, 9, 10, 2, 3, 4, 5, 6, 7, -1, -1, 8};

  private SctpState() {}

  static int next(boolean reply, int chunk, int state) {
    int row = chunk < ROW.length ? ROW[chunk] : -1;
    return row < 0 ? state : TABLE[((reply ? 11 : 0) + row) * COUNT + state];
  }

  static String name(int state) {
    return NAMES[state];
  }

  /** The state with this name, or -1. */
  static int byName(String name) {
    for (int i = 0; i < NAMES.length; i++) {
      if (NAMES[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }
}
