package io.sluice.conntrack;

import java.util.List;

/**
 * The states of a TCP connection as a machine in the middle sees them (enum tcp_conntrack), and how segments move it.
 *
 * <p>Kernel: tcp_conntracks[][][] in net/netfilter/nf_conntrack_proto_tcp.c. {@code syn-ack} is SYN with ACK, the rest go
 * by RST before SYN before FIN before ACK. {@code IV} is invalid; {@code IG} lets the segment pass and believes nothing of
 * it, because the entry here may be the one that is out of date: the other end will answer with what settles it.
 *
 * <pre>
 *   original  NO SS SR ES FW CW LA TW CL S2
 *   syn       SS SS IG IG IG IG IG SS SS S2   begins, is sent again, or reopens what was closed
 *   syn-ack   IV IV SR IV IV IV IV IV IV SR   a client answers only in a simultaneous open
 *   fin       IV IV FW FW LA LA LA TW CL IV   the first FIN waits, one from either side makes it the last ACK's turn
 *   ack       ES IV ES ES CW CW TW TW CL IV   from nothing: picked up in the middle
 *   rst       IV CL CL CL CL CL CL CL CL CL
 *   none      IV IV IV IV IV IV IV IV IV IV
 *   reply
 *   syn       IV S2 IV IV IV IV IV SS IV S2   simultaneous open, or the server opens the closed connection again
 *   syn-ack   IV SR IG IG IG IG IG IG IG SR   the answer; later ones may answer a SYN that was ignored
 *   fin       IV IV FW FW LA LA LA TW CL IV
 *   ack       IV IG SR ES CW CW TW TW CL IG   to a SYN: a half-open connection's challenge
 *   rst       IV CL CL CL CL CL CL CL CL CL
 *   none      IV IV IV IV IV IV IV IV IV IV
 * </pre>
 */
final class TcpState {
  static final int NONE = 0;
  static final int SYN_SENT = 1;
  static final int SYN_RECV = 2;
  static final int ESTABLISHED = 3;
  static final int FIN_WAIT = 4;
  static final int CLOSE_WAIT = 5;
  static final int LAST_ACK = 6;
  static final int TIME_WAIT = 7;
  static final int CLOSE = 8;
  /** SYNs seen from both sides. */
  static final int SYN_SENT2 = 9;
  static final int COUNT = 10;
  static final int INVALID = 10;
  static final int IGNORE = 11;

  static final int SYN = 0;
  static final int SYN_ACK = 1;
  static final int FIN = 2;
  static final int ACK = 3;
  static final int RST = 4;
  static final int NO_FLAG = 5;

  private static final String[] NAMES = {
    "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2"
  };

  private static final byte[] TABLE = table(
      "NO SS SR ES FW CW LA TW CL S2 IV IG",
      "SS SS IG IG IG IG IG SS SS S2",
      "IV IV SR IV IV IV IV IV IV SR",
      "IV IV FW FW LA LA LA TW CL IV",
      "ES IV ES ES CW CW TW TW CL IV",
      "IV CL CL CL CL CL CL CL CL CL",
      "IV IV IV IV IV IV IV IV IV IV",
      "IV S2 IV IV IV IV IV SS IV S2",
      "IV SR IG IG IG IG IG IG IG SR",
      "IV IV FW FW LA LA LA TW CL IV",
      "IV IG SR ES CW CW TW TW CL IG",
      "IV CL CL CL CL CL CL CL CL CL",
      "IV IV IV IV IV IV IV IV IV IV");

  private TcpState() {}

  /** Numbers the words of {@code rows} by their place in {@code names}. */
  static byte[] table(String names, String... rows) {
    List<String> order = List.of(names.split(" "));
    int columns = rows[0].split(" ").length;
    byte[] table = new byte[rows.length * columns];
    for (int r = 0; r < rows.length; r++) {
      String[] cells = rows[r].split(" ");
      for (int c = 0; c < columns; c++) {
        table[r * columns + c] = (byte) order.indexOf(cells[c]);
      }
    }
    return table;
  }

  /** Where a segment of the given kind takes the connection. */
  static int next(boolean reply, int segment, int state) {
    return TABLE[((reply ? 6 : 0) + segment) * COUNT + state];
  }

  /** What kind of segment these flags make. */
  static int segment(int flags) {
    if ((flags & TcpFlags.RST) != 0) {
      return RST;
    }
    if ((flags & TcpFlags.SYN) != 0) {
      return (flags & TcpFlags.ACK) != 0 ? SYN_ACK : SYN;
    }
    if ((flags & TcpFlags.FIN) != 0) {
      return FIN;
    }
    return (flags & TcpFlags.ACK) != 0 ? ACK : NO_FLAG;
  }

  static String name(int state) {
    return NAMES[state];
  }

  /** The state with this name, or -1. {@code conntrack -L} says ESTABLISHED and so on; older ones LISTEN for SYN_SENT2. */
  static int byName(String name) {
    for (int i = 0; i < NAMES.length; i++) {
      if (NAMES[i].equals(name)) {
        return i;
      }
    }
    return name.equals("LISTEN") ? SYN_SENT2 : -1;
  }
}
