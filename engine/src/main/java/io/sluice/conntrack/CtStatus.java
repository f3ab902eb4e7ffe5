package io.sluice.conntrack;

/** Bits of a connection's status: enum ip_conntrack_status. */
public final class CtStatus {
  /** Begun because a helper expected it. */
  public static final int EXPECTED = 1;
  /** A packet in the reply direction was seen. */
  public static final int SEEN_REPLY = 1 << 1;
  /** Worth keeping when the table is full: traffic both ways that looks like a real conversation. */
  public static final int ASSURED = 1 << 2;
  /** In the table: its first packet came through. */
  public static final int CONFIRMED = 1 << 3;
  /** NAT changes the source of the original direction. */
  public static final int SRC_NAT = 1 << 4;
  /** NAT changes the destination of the original direction. */
  public static final int DST_NAT = 1 << 5;
  /** A helper changed the length of the payload: sequence numbers are adjusted. */
  public static final int SEQ_ADJUST = 1 << 6;
  /** The source binding is decided. */
  public static final int SRC_NAT_DONE = 1 << 7;
  /** The destination binding is decided. */
  public static final int DST_NAT_DONE = 1 << 8;
  /** Taken out of the table; packets under way may still hold it. */
  public static final int DYING = 1 << 9;
  /** Traffic does not prolong the timeout. */
  public static final int FIXED_TIMEOUT = 1 << 10;
  /** Not a connection: what {@code -j CT} left for one. */
  public static final int TEMPLATE = 1 << 11;
  /** In the table in the reply direction only, after an insertion clash. */
  public static final int NAT_CLASH = 1 << 12;
  /** {@code -j CT --helper} gave it a helper. */
  public static final int HELPER = 1 << 13;

  /** Either end is translated: IPS_NAT_MASK. */
  static final int NAT_MASK = SRC_NAT | DST_NAT;
  /** Both bindings are decided: IPS_NAT_DONE_MASK. */
  static final int NAT_DONE_MASK = SRC_NAT_DONE | DST_NAT_DONE;

  private CtStatus() {}
}
