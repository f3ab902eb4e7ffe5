package io.sluice.conntrack;

import io.sluice.packet.Packet;

/**
 * Whether a segment lies where its sender may send: window tracking from the middle.
 *
 * <p>Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter" (2001), with the bounds as Linux has them:
 *
 * <pre>
 *   I    seq       &lt;= sender.maxEnd                         no data past what the receiver allowed
 *   II   seq + len &gt;= sender.end - receiver.maxWindow       no data long acknowledged
 *   III  ack       &lt;= receiver.end                          no acknowledgement of data never sent
 *   IV   ack       &gt;= receiver.end - max(66000, sender.maxWindow)   no ancient acknowledgement
 * </pre>
 *
 * where ack is the highest right edge of the SACK blocks, if there are any. A segment that breaks I or III is invalid; one
 * that breaks only II or IV may be a retransmission that is still on its way, and passes without being learned from, as
 * does one that overshoots I by no more than the receiver's window.
 *
 * <p>Kernel: tcp_in_window(), tcp_init_sender() and nf_tcp_log_invalid() in net/netfilter/nf_conntrack_proto_tcp.c.
 */
final class TcpWindow {
  /** What became of a segment. */
  enum Result {
    /** Invalid. */
    INVALID,
    /** Let through, and nothing learned from it. */
    IGNORE,
    ACCEPT
  }

  private static final int LEAST_ACK_WINDOW = 66_000;
  private static final int HEADER = 20;

  private final Settings settings;
  final TcpPeer sender = new TcpPeer();
  final TcpPeer receiver = new TcpPeer();
  private String reason = "";

  TcpWindow(Settings settings) {
    this.settings = settings;
  }

  /** Why the last segment was not accepted. */
  String reason() {
    return reason;
  }

  /**
   * Judges a segment by {@link #sender} and {@link #receiver}, which the caller has loaded and stores afterwards.
   *
   * @param segment its kind, {@link TcpState#ACK} and so on
   * @param state the connection's state before the segment
   */
  Result check(TcpConnection c, Packet p, boolean reply, int segment) {
    int th = p.transportOffset();
    int flags = p.u8(th + 13);
    boolean syn = (flags & TcpFlags.SYN) != 0;
    boolean hasAck = (flags & TcpFlags.ACK) != 0;
    int seq = p.u32(th + 4);
    int ack = p.u32(th + 8);
    int sack = ack;
    int rawWindow = p.u16(th + 14);
    int window = rawWindow;
    int end = segmentEnd(p, seq, flags);

    if (receiver.has(TcpPeer.SACK_PERMITTED)) {
      sack = TcpPeer.highestSack(p, ack);
    }
    SeqAdjust adjusted = c.seqAdjust();
    if (adjusted != null) {
      int offset = adjusted.offset(!reply, ack - 1);
      ack -= offset;
      sack -= offset;
    }

    if (sender.maxWindow == 0) {
      if (syn) {
        begin(p, end, window, reply);
        if (!hasAck) {
          return Result.ACCEPT; // simultaneous open
        }
      } else {
        pickUp(end, window, sack);
      }
    } else if (syn && end - sender.end > 0 && (c.state == TcpState.SYN_SENT || c.state == TcpState.SYN_RECV)) {
      // A SYN with newer numbers starts this direction over, RFC 9293 section 3.6.1.
      begin(p, end, window, reply);
      if (reply && !hasAck) {
        return Result.ACCEPT;
      }
    }

    if (!hasAck || (flags & TcpFlags.RST) != 0 && ack == 0) {
      ack = receiver.end; // nothing acknowledged; some stacks send RST with ACK and a 0
      sack = receiver.end;
    }
    if ((flags & TcpFlags.RST) != 0 && seq == 0 && c.state == TcpState.SYN_SENT) {
      seq = sender.end; // the answer to a SYN
      end = sender.end;
    }

    int ackWindow = Integer.compareUnsigned(sender.maxWindow, LEAST_ACK_WINDOW) > 0 ? sender.maxWindow : LEAST_ACK_WINDOW;
    if (seq - (sender.maxEnd + 1) >= 0) {
      return overUpperBound(end, sack, ackWindow);
    }
    if (sack - (receiver.end + 1) >= 0) {
      return refuse(Result.INVALID, "ACK is over the upper bound: it acknowledges data that was not seen");
    }
    if (receiver.maxWindow != 0 && end - (sender.end - receiver.maxWindow - 1) <= 0) {
      return refuse(Result.IGNORE, "SEQ is under the lower bound: data that was acknowledged before is sent again");
    }
    if (sack - (receiver.end - ackWindow - 1) <= 0) {
      return refuse(Result.IGNORE, "ACK is under the lower bound: possibly much delayed");
    }
    if (!syn) {
      window <<= sender.scale;
    }
    learn(end, ack, sack, window, hasAck);
    if (segment == TcpState.ACK) {
      countRetransmission(c, reply, seq, ack, end, rawWindow);
    }
    return Result.ACCEPT;
  }

  /**
   * As {@link #check} for a segment of an established connection with ACK and neither SYN, FIN nor RST, if nothing about it is
   * out of the ordinary.
   *
   * @return whether it was accepted; if not, nothing has changed, and it is to be checked
   */
  boolean isOrdinary(TcpConnection c, Packet p, boolean reply) {
    if (c.extensions() != null) {
      return false;
    }
    int th = p.transportOffset();
    int seq = p.u32(th + 4);
    int ack = p.u32(th + 8);
    int header = (p.u8(th + 12) >> 4) * 4;
    int sack = header > HEADER && c.permitsSack(!reply) ? TcpPeer.highestSack(p, ack) : ack;
    int end = seq + p.length() - th - header;
    int window = p.u16(th + 14);
    if (!c.learn(reply, seq, end, ack, sack, window, LEAST_ACK_WINDOW)) {
      return false;
    }
    countRetransmission(c, reply, seq, ack, end, window);
    return true;
  }

  /** The sequence number after the segment; SYN and FIN take one each: segment_seq_plus_len(). */
  static int segmentEnd(Packet p, int seq, int flags) {
    int payload = p.length() - p.transportOffset() - (p.u8(p.transportOffset() + 12) >> 4) * 4;
    return seq + payload + (flags >> 1 & 1) + (flags & 1);
  }

  /** A direction's first SYN. */
  private void begin(Packet p, int end, int window, boolean reply) {
    sender.end = end;
    sender.maxEnd = end;
    sender.maxWindow = Math.max(window, 1);
    sender.readOptions(p);
    if (reply && !(sender.has(TcpPeer.WINDOW_SCALE) && receiver.has(TcpPeer.WINDOW_SCALE))) {
      sender.scale = 0; // scaling holds only if both offer it
      receiver.scale = 0;
    }
  }

  /** The first that is seen of this sender is the middle of its stream: all that can be known is in this segment. */
  private void pickUp(int end, int window, int sack) {
    sender.end = end;
    sender.maxWindow = window << sender.scale;
    if (sender.maxWindow == 0) {
      sender.maxWindow = 1;
    }
    sender.maxEnd = end + sender.maxWindow;
    if (receiver.maxWindow == 0) {
      receiver.end = sack;
      receiver.maxEnd = sack;
    } else if (sack == receiver.end + 1) {
      receiver.end++; // the answer to a keep-alive
    }
  }

  private Result overUpperBound(int end, int sack, int ackWindow) {
    int overshot = end - sender.maxEnd + 1;
    boolean inReceiveWindow =
        receiver.maxWindow != 0 && end - (sender.end - receiver.maxWindow - 1) > 0;
    boolean ackNotOld = sack - (receiver.end - ackWindow - 1) > 0;
    if (inReceiveWindow && ackNotOld && Integer.compareUnsigned(overshot, receiver.maxWindow) <= 0
        && sack - (receiver.end + 1) < 0) {
      // Should the rules let it pass and the peer acknowledge it, the acknowledgement must not look impossible.
      sender.end = end;
      sender.flags |= TcpPeer.DATA_UNACKNOWLEDGED;
      return refuse(Result.IGNORE, "more bytes than the receiver's window allows");
    }
    return refuse(Result.INVALID, "SEQ is over the upper bound: past the window of the receiver");
  }

  private Result refuse(Result result, String why) {
    if (sender.has(TcpPeer.BE_LIBERAL) || settings.tcpBeLiberal) {
      return Result.ACCEPT;
    }
    reason = why;
    return result;
  }

  private void learn(int end, int ack, int sack, int window, boolean hasAck) {
    int offered = window + (sack - ack);
    if (Integer.compareUnsigned(sender.maxWindow, offered) < 0) {
      sender.maxWindow = offered;
    }
    if (end - sender.end > 0) {
      sender.end = end;
      sender.flags |= TcpPeer.DATA_UNACKNOWLEDGED;
    }
    if (hasAck && (!sender.has(TcpPeer.MAXACK_SET) || ack - sender.maxAck > 0)) {
      sender.maxAck = ack;
      sender.flags |= TcpPeer.MAXACK_SET;
    }
    if (receiver.maxWindow != 0 && end - sender.maxEnd > 0) {
      receiver.maxWindow += end - sender.maxEnd;
    }
    if (sack + window - (receiver.maxEnd - 1) > 0) {
      receiver.maxEnd = sack + window + (window == 0 ? 1 : 0); // a zero window may be probed with one byte
    }
    if (ack == receiver.end) {
      receiver.flags &= ~TcpPeer.DATA_UNACKNOWLEDGED;
    }
  }

  private static void countRetransmission(TcpConnection c, boolean reply, int seq, int ack, int end, int rawWindow) {
    if (c.lastReply == reply && c.lastSeq == seq && c.lastAck == ack && c.lastEnd == end && c.lastWindow == rawWindow) {
      c.retransmissions++;
      return;
    }
    c.lastReply = reply;
    c.lastSeq = seq;
    c.lastAck = ack;
    c.lastEnd = end;
    c.lastWindow = (char) rawWindow;
    c.retransmissions = 0;
  }
}
