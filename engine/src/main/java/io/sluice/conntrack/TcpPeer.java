package io.sluice.conntrack;

import io.sluice.packet.Packet;

/**
 * What window tracking knows of one sender (struct ip_ct_tcp_state). Sequence numbers are modulo 2^32, windows unsigned.
 */
final class TcpPeer {
  /** Its SYN offered window scaling. */
  static final int WINDOW_SCALE = 0x01;
  /** Its SYN permitted SACK. */
  static final int SACK_PERMITTED = 0x02;
  /** It sent the first FIN. */
  static final int CLOSE_INIT = 0x04;
  /** Out-of-window segments are let through: the connection was picked up and its scaling is not known. */
  static final int BE_LIBERAL = 0x08;
  /** It sent data that the other side has not acknowledged yet. */
  static final int DATA_UNACKNOWLEDGED = 0x10;
  /** {@link #maxAck} is meant. */
  static final int MAXACK_SET = 0x20;
  /** Of the connection's last flags: the next ACK may challenge a SYN that was let through in LAST_ACK. */
  static final int EXPECT_CHALLENGE_ACK = 0x40;
  /** Of the connection's last flags: both sides sent a SYN. */
  static final int SIMULTANEOUS_OPEN = 0x80;

  /** The largest window shift that RFC 7323 allows. */
  private static final int MAX_SCALE = 14;
  private static final int EOL = 0;
  private static final int NOP = 1;
  private static final int OPTION_SCALE = 3;
  private static final int OPTION_SACK_PERMITTED = 4;
  private static final int OPTION_SACK = 5;

  /** Highest sequence number sent, plus one: td_end. */
  int end;
  /** Highest that the receiver allowed: its acknowledgement plus its window: td_maxend. */
  int maxEnd;
  /** Largest window that it offered, scaled; 0 while nothing of it was seen: td_maxwin. */
  int maxWindow;
  /** Highest acknowledgement that it sent: td_maxack. */
  int maxAck;
  /** Its window shift: td_scale. */
  int scale;
  int flags;

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  void reset() {
    end = 0;
    maxEnd = 0;
    maxWindow = 0;
    maxAck = 0;
    scale = 0;
    flags = 0;
  }

  /**
   * Takes scaling and SACK from the options of a SYN, forgetting what was known: tcp_options(). Without any options all
   * stays as it was.
   */
  void readOptions(Packet p) {
    int at = p.transportOffset() + 20;
    int end = p.transportOffset() + (p.u8(p.transportOffset() + 12) >> 4) * 4;
    if (at >= end) {
      return;
    }
    scale = 0;
    flags &= BE_LIBERAL;
    while (at < end) {
      int option = p.u8(at);
      if (option == EOL) {
        return;
      }
      if (option == NOP) {
        at++;
        continue;
      }
      if (at + 2 > end) {
        return;
      }
      int size = p.u8(at + 1);
      if (size < 2 || at + size > end) {
        return;
      }
      if (option == OPTION_SACK_PERMITTED && size == 2) {
        flags |= SACK_PERMITTED;
      } else if (option == OPTION_SCALE && size == 3) {
        scale = Math.min(p.u8(at + 2), MAX_SCALE);
        flags |= WINDOW_SCALE;
      }
      at += size;
    }
  }

  /** The highest right edge of a SACK block, or {@code ack} if none is higher: tcp_sack(). */
  static int highestSack(Packet p, int ack) {
    int at = p.transportOffset() + 20;
    int end = p.transportOffset() + (p.u8(p.transportOffset() + 12) >> 4) * 4;
    int highest = ack;
    while (at < end) {
      int option = p.u8(at);
      if (option == EOL) {
        return highest;
      }
      if (option == NOP) {
        at++;
        continue;
      }
      if (at + 2 > end) {
        return highest;
      }
      int size = p.u8(at + 1);
      if (size < 2 || at + size > end) {
        return highest;
      }
      if (option == OPTION_SACK && size >= 10 && (size - 2) % 8 == 0) {
        for (int block = at + 2; block < at + size; block += 8) {
          int right = p.u32(block + 4);
          if (right - highest > 0) {
            highest = right;
          }
        }
        return highest;
      }
      at += size;
    }
    return highest;
  }
}
