package io.sluice.conntrack;

/**
 * The states of a DCCP connection as a machine in the middle sees them (enum ct_dccp_states), and how packets move it.
 *
 * <p>Kernel: dccp_state_table[][][] in net/netfilter/nf_conntrack_proto_dccp.c, until Linux 6.16. The rows of the client
 * and of the server go by who asked, which may be the reply direction after a connection was reopened.
 *
 * <pre>
 *   client    NO RQ RS PO OP CR CG TW
 *   Request   RQ RQ RS IG IG IG IG RQ
 *   Response  IV IG IG IG IG IG IG IV
 *   Data      IV IV IV IV OP CR CG IV
 *   Ack       IV IV PO PO OP CR CG IV
 *   DataAck   IV IV PO PO OP CR CG IV
 *   CloseReq  IV IV IV IV IV IV IV IV   only servers ask to be closed
 *   Close     IV IV IV CG CG CG IV IV
 *   Reset     IV TW TW TW TW TW TW IG
 *   Sync      IV IG IG IG IG IG IG IG
 *   SyncAck   IV IG IG IG IG IG IG IG
 *   server
 *   Request   IV IG IG IG IG IG IG RQ   reopened from the other side
 *   Response  IV RS RS IG IG IG IG IV
 *   Data      IV IV IV OP OP IV CG IV
 *   Ack       IV IV IV OP OP IV CG IV
 *   DataAck   IV IV IV OP OP IV CG IV
 *   CloseReq  IV IV IV CR CR CR CR IV
 *   Close     IV IV IV CG CG IV CG IV
 *   Reset     IV TW TW TW TW TW TW TW
 *   Sync      IV IG IG IG IG IG IG IG
 *   SyncAck   IV IG IG IG IG IG IG IG
 * </pre>
 */
final class DccpState {
  static final int NONE = 0;
  static final int REQUEST = 1;
  static final int RESPOND = 2;
  static final int PARTOPEN = 3;
  static final int OPEN = 4;
  static final int CLOSEREQ = 5;
  static final int CLOSING = 6;
  static final int TIMEWAIT = 7;
  static final int COUNT = 8;
  static final int IGNORE = 8;
  static final int INVALID = 9;

  static final int PACKET_REQUEST = 0;
  static final int PACKET_RESPONSE = 1;
  static final int PACKET_ACK = 3;
  static final int PACKET_RESET = 7;
  static final int PACKET_TYPES = 10;

  private static final String[] NAMES = {
    "NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT"
  };

  private static final byte[] TABLE = TcpState.table(
      "NO RQ RS PO OP CR CG TW IG IV",
      "RQ RQ RS IG IG IG IG RQ",
      "IV IG IG IG IG IG IG IV",
      "IV IV IV IV OP CR CG IV",
      "IV IV PO PO OP CR CG IV",
      "IV IV PO PO OP CR CG IV",
      "IV IV IV IV IV IV IV IV",
      "IV IV IV CG CG CG IV IV",
      "IV TW TW TW TW TW TW IG",
      "IV IG IG IG IG IG IG IG",
      "IV IG IG IG IG IG IG IG",
      "IV IG IG IG IG IG IG RQ",
      "IV RS RS IG IG IG IG IV",
      "IV IV IV OP OP IV CG IV",
      "IV IV IV OP OP IV CG IV",
      "IV IV IV OP OP IV CG IV",
      "IV IV IV CR CR CR CR IV",
      "IV IV IV CG CG IV CG IV",
      "IV TW TW TW TW TW TW TW",
      "IV IG IG IG IG IG IG IG",
      "IV IG IG IG IG IG IG IG");

  private DccpState() {}

  static int next(boolean server, int packetType, int state) {
    return TABLE[((server ? PACKET_TYPES : 0) + packetType) * COUNT + state];
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
