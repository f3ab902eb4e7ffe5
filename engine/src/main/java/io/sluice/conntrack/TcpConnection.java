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

  /**
   * Learns from a segment of an established connection, with ACK and neither SYN, FIN nor RST, that is where its sender may send,
   * as nearly all are: as {@link TcpWindow#check} does with {@link TcpPeer}s, but on the fields themselves.
   *
   * @param sack the highest right edge of its SACK blocks, {@code ack} if there is none
   * @param ackWindow how old an acknowledgement may be at least
   * @return whether it was; if not, nothing has changed
   */
  boolean learn(boolean reply, int seq, int end, int ack, int sack, int rawWindow, int ackWindow) {
    int senderEnd = reply ? replyEnd : this.end;
    int senderMaxEnd = reply ? replyMaxEnd : maxEnd;
    int senderMaxWindow = reply ? replyMaxWindow : maxWindow;
    int senderMaxAck = reply ? replyMaxAck : maxAck;
    int senderFlags = reply ? replyFlags : flags;
    int senderScale = reply ? replyScale : scale;
    int receiverEnd = reply ? this.end : replyEnd;
    int receiverMaxEnd = reply ? maxEnd : replyMaxEnd;
    int receiverMaxWindow = reply ? maxWindow : replyMaxWindow;
    int receiverFlags = reply ? flags : replyFlags;
    int window = rawWindow << senderScale;
    int offered = window + (sack - ack);
    if (senderMaxWindow <= 0 || receiverMaxWindow <= 0 || offered < 0 || seq - (senderMaxEnd + 1) >= 0
        || sack - (receiverEnd + 1) >= 0 || end - (senderEnd - receiverMaxWindow - 1) <= 0
        || sack - (receiverEnd - Math.max(senderMaxWindow, ackWindow) - 1) <= 0) {
      return false;
    }
    if (end - senderEnd > 0) {
      senderEnd = end;
      senderFlags |= TcpPeer.DATA_UNACKNOWLEDGED;
    }
    if ((senderFlags & TcpPeer.MAXACK_SET) == 0 || ack - senderMaxAck > 0) {
      senderMaxAck = ack;
      senderFlags |= TcpPeer.MAXACK_SET;
    }
    if (end - senderMaxEnd > 0) {
      receiverMaxWindow += end - senderMaxEnd;
    }
    if (sack + window - (receiverMaxEnd - 1) > 0) {
      receiverMaxEnd = sack + window + (window == 0 ? 1 : 0);
    }
    if (ack == receiverEnd) {
      receiverFlags &= ~TcpPeer.DATA_UNACKNOWLEDGED;
    }
    senderMaxWindow = Math.max(senderMaxWindow, offered);
    if (reply) {
      replyEnd = senderEnd;
      replyMaxWindow = senderMaxWindow;
      replyMaxAck = senderMaxAck;
      replyFlags = (byte) senderFlags;
      maxEnd = receiverMaxEnd;
      maxWindow = receiverMaxWindow;
      flags = (byte) receiverFlags;
    } else {
      this.end = senderEnd;
      maxWindow = senderMaxWindow;
      maxAck = senderMaxAck;
      flags = (byte) senderFlags;
      replyMaxEnd = receiverMaxEnd;
      replyMaxWindow = receiverMaxWindow;
      replyFlags = (byte) receiverFlags;
    }
    return true;
  }

  /** Whether a direction's SYN permitted SACK. */
  boolean permitsSack(boolean reply) {
    return ((reply ? replyFlags : flags) & TcpPeer.SACK_PERMITTED) != 0;
  }

  /** Whether either side has sent data that the other has not acknowledged. */
  boolean isUnacknowledged() {
    return ((flags | replyFlags) & TcpPeer.DATA_UNACKNOWLEDGED) != 0;
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
