package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;

/**
 * A TCP connection (struct ip_ct_tcp). What is known of each sender lies flat in here and is worked on in a
 * {@link TcpPeer}, so that an established packet touches this one object.
 */
final class TcpConnection extends Connection {
  byte state = TcpState.NONE;
  /** Kind of the last segment that counted or was ignored: {@link TcpState#SYN} and its like. */
  byte lastSegment = TcpState.NO_FLAG;
  boolean lastReply;
  byte lastFlags;
  byte lastScale;
  /** How often the last ACK was repeated. */
  byte retransmissions;
  int lastSeq;
  int lastAck;
  int lastEnd;
  char lastWindow;

  private int end;
  private int maxEnd;
  private int maxWindow;
  private int maxAck;
  private byte scale;
  private byte flags;
  private int replyEnd;
  private int replyMaxEnd;
  private int replyMaxWindow;
  private int replyMaxAck;
  private byte replyScale;
  private byte replyFlags;

  TcpConnection(Family family) {
    super(family, Protocols.TCP);
  }

  void load(boolean reply, TcpPeer into) {
    if (reply) {
      into.end = replyEnd;
      into.maxEnd = replyMaxEnd;
      into.maxWindow = replyMaxWindow;
      into.maxAck = replyMaxAck;
      into.scale = replyScale;
      into.flags = replyFlags & 0xff;
    } else {
      into.end = end;
      into.maxEnd = maxEnd;
      into.maxWindow = maxWindow;
      into.maxAck = maxAck;
      into.scale = scale;
      into.flags = flags & 0xff;
    }
  }

  void store(boolean reply, TcpPeer from) {
    if (reply) {
      replyEnd = from.end;
      replyMaxEnd = from.maxEnd;
      replyMaxWindow = from.maxWindow;
      replyMaxAck = from.maxAck;
      replyScale = (byte) from.scale;
      replyFlags = (byte) from.flags;
    } else {
      end = from.end;
      maxEnd = from.maxEnd;
      maxWindow = from.maxWindow;
      maxAck = from.maxAck;
      scale = (byte) from.scale;
      flags = (byte) from.flags;
    }
  }

  @Override
  long touch() {
    return super.touch() + replyFlags;
  }

  /** What SYNPROXY knows of it; null where that has not opened it in its client's name. */
  Synproxy synproxy() {
    return extensions() == null ? null : extensions().synproxy;
  }

  boolean hasLast(int flag) {
    return (lastFlags & flag) != 0;
  }

  /** The end of what the opening side has sent: what NAT compares to see that a connection is newer. */
  int originalEnd() {
    return end;
  }

  @Override
  public String stateWord() {
    return TcpState.name(state);
  }

  @Override
  void setStateWord(String word) {
    int found = TcpState.byName(word);
    if (found >= 0) {
      state = (byte) found;
    }
  }

  /** Whether it is being closed, so that its ports may be in use again: tcp_can_early_drop(). */
  boolean isClosing() {
    return state >= TcpState.FIN_WAIT && state <= TcpState.CLOSE;
  }

  @Override
  Connection blank() {
    return new TcpConnection(family());
  }

  @Override
  void copyFrom(Connection from) {
    super.copyFrom(from);
    TcpConnection t = (TcpConnection) from;
    state = t.state;
    lastSegment = t.lastSegment;
    lastReply = t.lastReply;
    lastFlags = t.lastFlags;
    lastScale = t.lastScale;
    retransmissions = t.retransmissions;
    lastSeq = t.lastSeq;
    lastAck = t.lastAck;
    lastEnd = t.lastEnd;
    lastWindow = t.lastWindow;
    TcpPeer peer = new TcpPeer();
    t.load(false, peer);
    store(false, peer);
    t.load(true, peer);
    store(true, peer);
  }
}
