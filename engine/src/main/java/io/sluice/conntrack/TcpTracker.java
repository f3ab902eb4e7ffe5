package io.sluice.conntrack;

import io.sluice.netfilter.Hook;
import io.sluice.packet.Packet;

/**
 * Follows TCP connections.
 *
 * <p>Kernel: nf_conntrack_tcp_packet(), tcp_new(), tcp_error() and nf_tcp_handle_invalid() in
 * net/netfilter/nf_conntrack_proto_tcp.c.
 */
final class TcpTracker {
  private static final long TWO_MINUTES = 120_000_000_000L;

  private static final int RESET_INVALID = -1;
  private static final int RESET_CLOSES = 0;
  /** Bit: the state stays, as the receiver may answer with a challenge ACK. */
  private static final int RESET_KEEPS_STATE = 1;
  /** Bit: no window check, as the window is known to be out of date. */
  private static final int RESET_IN_WINDOW = 2;

  private final Conntrack conntrack;
  private final Settings settings;
  private final TcpWindow window;
  private final TcpPeer sender;
  private final TcpPeer receiver;
  private final TcpPeer seen = new TcpPeer();

  TcpTracker(Conntrack conntrack, Settings settings) {
    this.conntrack = conntrack;
    this.settings = settings;
    this.window = new TcpWindow(settings);
    this.sender = window.sender;
    this.receiver = window.receiver;
  }

  Outcome packet(TcpConnection c, Packet p, boolean reply, Hook hook) {
    if (!isWellFormed(p, hook)) {
      return Outcome.INVALID;
    }
    int th = p.transportOffset();
    int flags = p.u8(th + 13);
    int segment = TcpState.segment(flags);
    if (!c.isConfirmed() && !begin(c, p, segment)) {
      return Outcome.INVALID;
    }
    int oldState = c.state;
    if (segment == TcpState.ACK && oldState == TcpState.ESTABLISHED && window.isOrdinary(c, p, reply)) {
      return pass(c, p, reply, segment, oldState, oldState);
    }
    c.load(reply, sender);
    c.load(!reply, receiver);
    int newState = TcpState.next(reply, segment, oldState);
    boolean checkWindow = true;

    switch (newState) {
      case TcpState.SYN_SENT:
        if (oldState >= TcpState.TIME_WAIT) {
          if (((sender.flags | receiver.flags) & TcpPeer.CLOSE_INIT) != 0
              || c.lastReply == reply && c.lastSegment == TcpState.RST) {
            // Closed in both directions, or reset by the side that now begins anew: a new connection.
            conntrack.kill(c);
            return Outcome.REPEAT;
          }
          return ignore(c, p, reply, segment, oldState, flags);
        }
        break;
      case TcpState.IGNORE:
        if (segment == TcpState.SYN_ACK && c.lastSegment == TcpState.SYN && c.lastReply != reply
            && p.u32(th + 8) == c.lastEnd) {
          // It answers a SYN that was ignored: both ends agree and this entry was wrong. Begin again from that SYN.
          receiver.end = c.lastEnd;
          receiver.maxEnd = c.lastEnd;
          receiver.maxWindow = Math.max(c.lastWindow, 1);
          receiver.scale = c.lastScale;
          c.lastFlags &= ~TcpPeer.EXPECT_CHALLENGE_ACK;
          receiver.flags = c.lastFlags & 0xff;
          int kept = sender.flags & TcpPeer.BE_LIBERAL;
          sender.reset();
          sender.flags = kept;
          oldState = TcpState.SYN_SENT;
          newState = TcpState.SYN_RECV;
          break;
        }
        return ignore(c, p, reply, segment, oldState, flags);
      case TcpState.INVALID:
        if (c.synproxy() != null && oldState == TcpState.SYN_SENT && segment == TcpState.ACK && !reply && !c.lastReply
            && sender.end - 1 == p.u32(th + 4)) {
          return Outcome.ACCEPT; // a client asks whether anybody is there, of whom the server does not know yet
        }
        return conntrack.invalid("invalid TCP segment in this state");
      case TcpState.TIME_WAIT:
        if (oldState == TcpState.LAST_ACK && segment == TcpState.ACK && c.lastReply != reply
            && c.lastSegment == TcpState.SYN && c.hasLast(TcpPeer.EXPECT_CHALLENGE_ACK)) {
          c.lastFlags &= ~TcpPeer.EXPECT_CHALLENGE_ACK; // RFC 5961's answer to a SYN, not the last ACK
          return Outcome.ACCEPT;
        }
        break;
      case TcpState.SYN_SENT2:
        c.lastFlags = (byte) (c.lastFlags | TcpPeer.SIMULTANEOUS_OPEN);
        break;
      case TcpState.SYN_RECV:
        if (reply && segment == TcpState.ACK && c.hasLast(TcpPeer.SIMULTANEOUS_OPEN)) {
          newState = TcpState.ESTABLISHED;
        }
        break;
      case TcpState.CLOSE:
        if (segment == TcpState.RST) {
          int judged = judgeReset(c, p, reply, oldState);
          if (judged == RESET_INVALID) {
            return conntrack.invalid("RST is older than what the other side has acknowledged");
          }
          checkWindow = (judged & RESET_IN_WINDOW) == 0;
          newState = (judged & RESET_KEEPS_STATE) != 0 ? oldState : newState;
        }
        break;
      default:
        break;
    }

    if (checkWindow) {
      TcpWindow.Result result = window.check(c, p, reply, segment);
      if (result == TcpWindow.Result.IGNORE) {
        store(c, reply);
        return Outcome.ACCEPT;
      }
      if (result == TcpWindow.Result.INVALID) {
        store(c, reply);
        shortenAfterInvalid(c, reply, segment);
        return conntrack.invalid(window.reason());
      }
    }
    return inWindow(c, p, reply, segment, oldState, newState);
  }

  private void store(TcpConnection c, boolean reply) {
    c.store(reply, sender);
    c.store(!reply, receiver);
  }

  private boolean isWellFormed(Packet p, Hook hook) {
    int th = p.transportOffset();
    if (!p.hasTransport(20) || p.u8(th + 12) >> 4 < 5 || !p.hasTransport((p.u8(th + 12) >> 4) * 4)) {
      conntrack.invalid("TCP header cut short");
      return false;
    }
    if (hook == Hook.PREROUTING && settings.checksum && !p.ipSummed().verify(p, hook)) {
      conntrack.invalid("bad TCP checksum");
      return false;
    }
    if (!TcpFlags.areValid(p.u8(th + 13))) {
      conntrack.invalid("invalid TCP flag combination");
      return false;
    }
    return true;
  }

  /** The first segment of a connection: a SYN, or with tcp_loose an ACK from the middle of one. */
  private boolean begin(TcpConnection c, Packet p, int segment) {
    int th = p.transportOffset();
    int state = TcpState.next(false, segment, TcpState.NONE);
    if (state == TcpState.INVALID || state != TcpState.SYN_SENT && !settings.tcpLoose) {
      conntrack.invalid(state == TcpState.INVALID
          ? "no TCP connection begins with this segment"
          : "in the middle of a TCP connection, and tcp_loose is off");
      return false;
    }
    seen.reset();
    c.store(true, seen);
    seen.end = TcpWindow.segmentEnd(p, p.u32(th + 4), p.u8(th + 13));
    seen.maxWindow = Math.max(p.u16(th + 14), 1);
    if (state == TcpState.SYN_SENT) {
      seen.maxEnd = seen.end;
      seen.readOptions(p);
    } else {
      // Whether the ends use SACK or scaling was said before our time: be lenient.
      seen.maxEnd = seen.end + seen.maxWindow;
      seen.flags = TcpPeer.SACK_PERMITTED | TcpPeer.BE_LIBERAL;
      c.load(true, receiver);
      receiver.flags = seen.flags;
      c.store(true, receiver);
    }
    c.store(false, seen);
    c.state = TcpState.NONE;
    c.lastSegment = TcpState.NO_FLAG;
    return true;
  }

  /** A segment that may be right although it does not fit: let it pass, and remember it for the answer. */
  private Outcome ignore(TcpConnection c, Packet p, boolean reply, int segment, int state, int flags) {
    int th = p.transportOffset();
    c.lastSegment = (byte) segment;
    c.lastReply = reply;
    c.lastSeq = p.u32(th + 4);
    c.lastEnd = TcpWindow.segmentEnd(p, c.lastSeq, flags);
    c.lastWindow = (char) p.u16(th + 14);
    if (segment == TcpState.SYN && !reply) {
      seen.reset();
      seen.readOptions(p);
      c.lastScale = (byte) seen.scale;
      c.lastFlags = (byte) (seen.flags | (state == TcpState.LAST_ACK ? TcpPeer.EXPECT_CHALLENGE_ACK : 0));
    }
    if (state == TcpState.SYN_SENT && segment == TcpState.ACK && reply) {
      c.lastAck = p.u32(th + 8);
    }
    return Outcome.ACCEPT;
  }

  /** How far to believe a RST: RFC 5961 lets an endpoint ignore those that do not hit the exact number. */
  private int judgeReset(TcpConnection c, Packet p, boolean reply, int oldState) {
    if (c.isClosing()) {
      return RESET_IN_WINDOW; // closing: the ports may be in use again already
    }
    int th = p.transportOffset();
    int seq = p.u32(th + 4);
    int result = RESET_CLOSES;
    if (receiver.has(TcpPeer.MAXACK_SET) && c.lastSegment != TcpState.SYN) {
      boolean established = c.state == TcpState.ESTABLISHED && c.has(CtStatus.ASSURED);
      if (seq == 0 && !established) {
        return RESET_CLOSES; // most likely the answer to a SYN that was let through
      }
      if (seq - receiver.maxAck < 0 && !settings.tcpIgnoreInvalidRst) {
        return RESET_INVALID;
      }
      if (!established || seq == receiver.maxAck) {
        return RESET_CLOSES;
      }
      if (c.lastSegment == TcpState.ACK && c.lastReply == reply && seq == c.lastEnd) {
        return RESET_CLOSES; // directly after the sender's last data
      }
      result = RESET_KEEPS_STATE; // not exact: the other side may challenge it
    }
    int ack = p.u32(th + 8);
    boolean answersIgnored = c.has(CtStatus.SEEN_REPLY) && c.lastSegment == TcpState.SYN && c.lastReply != reply
        || !c.has(CtStatus.ASSURED) && c.lastSegment == TcpState.ACK;
    boolean answersChallenge = oldState == TcpState.SYN_SENT && c.lastSegment == TcpState.ACK && c.lastReply
        && seq == c.lastAck;
    return answersIgnored && ack == c.lastEnd || answersChallenge ? result | RESET_IN_WINDOW : result;
  }

  /** A FIN or RST that was called invalid, answered by another: the connection is likely gone, so let it expire sooner. */
  private void shortenAfterInvalid(TcpConnection c, boolean reply, int segment) {
    if (!c.has(CtStatus.ASSURED) || c.has(CtStatus.FIXED_TIMEOUT)
        || segment != TcpState.RST && segment != TcpState.FIN) {
      return;
    }
    if (c.lastReply != reply && (c.lastSegment == TcpState.FIN || c.lastSegment == TcpState.RST)) {
      long left = c.timeout - conntrack.now();
      if (left >= TWO_MINUTES && left > settings.tcpUnacknowledged) {
        c.timeout = conntrack.now() + settings.tcpUnacknowledged;
      }
    } else {
      c.lastSegment = (byte) segment;
      c.lastReply = reply;
    }
  }

  private Outcome inWindow(TcpConnection c, Packet p, boolean reply, int segment, int oldState, int newState) {
    if (oldState != newState && newState == TcpState.FIN_WAIT) {
      sender.flags |= TcpPeer.CLOSE_INIT;
    }
    store(c, reply);
    return pass(c, p, reply, segment, oldState, newState);
  }

  private Outcome pass(TcpConnection c, Packet p, boolean reply, int segment, int oldState, int newState) {
    c.lastSegment = (byte) segment;
    c.lastReply = reply;
    c.state = (byte) newState;
    long timeout = timeout(c, segment, newState);

    if (!c.has(CtStatus.SEEN_REPLY)) {
      if (segment == TcpState.RST) {
        c.count(reply, p.length()); // a refused connection: no need to remember it
        conntrack.kill(c);
        return Outcome.ACCEPT;
      }
      if (segment == TcpState.SYN && oldState == TcpState.SYN_SENT) {
        return Outcome.ACCEPT; // SYNs sent again do not keep an entry alive, nor do they count
      }
      if (newState == TcpState.ESTABLISHED) {
        timeout = Math.min(timeout, settings.tcpUnacknowledged); // picked up, one direction seen
      }
    } else if (!c.has(CtStatus.ASSURED) && newState == TcpState.ESTABLISHED
        && (oldState == TcpState.SYN_RECV || oldState == TcpState.ESTABLISHED)) {
      c.status |= CtStatus.ASSURED;
    }
    conntrack.refresh(c, reply, p.length(), timeout);
    return Outcome.ACCEPT;
  }

  private long timeout(TcpConnection c, int segment, int state) {
    long usual = settings.tcp[state];
    if ((c.retransmissions & 0xff) >= settings.tcpMaxRetrans && usual > settings.tcpRetrans) {
      return settings.tcpRetrans;
    }
    if (segment == TcpState.RST) {
      return settings.tcp[TcpState.CLOSE];
    }
    if (c.isUnacknowledged() && usual > settings.tcpUnacknowledged) {
      return settings.tcpUnacknowledged;
    }
    if (c.lastWindow == 0 && usual > settings.tcpRetrans) {
      return settings.tcpRetrans;
    }
    return usual;
  }
}
