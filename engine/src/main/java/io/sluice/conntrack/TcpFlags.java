package io.sluice.conntrack;

/** Flags of the TCP header's byte 13. */
final class TcpFlags {
  static final int FIN = 1;
  static final int SYN = 2;
  static final int RST = 4;
  static final int PSH = 8;
  static final int ACK = 16;
  static final int URG = 32;
  static final int ECE = 64;
  static final int CWR = 128;

  private TcpFlags() {}

  /** Whether a TCP may send this combination: tcp_valid_flags[]. PSH, ECE and CWR go with anything. */
  static boolean areValid(int flags) {
    switch (flags & ~(PSH | ECE | CWR)) {
      case SYN:
      case SYN | URG:
      case SYN | ACK:
      case RST:
      case RST | ACK:
      case FIN | ACK:
      case FIN | ACK | URG:
      case ACK:
      case ACK | URG:
        return true;
      default:
        return false;
    }
  }
}
