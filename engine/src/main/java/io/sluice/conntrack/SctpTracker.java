package io.sluice.conntrack;

import io.sluice.netfilter.Hook;
import io.sluice.packet.Packet;
import io.sluice.packet.TransportChecksums;

/**
 * Follows SCTP associations by their chunks and verification tags (RFC 9260 section 8.5).
 *
 * <p>Kernel: nf_conntrack_sctp_packet(), sctp_new(), do_basic_checks() in net/netfilter/nf_conntrack_proto_sctp.c.
 */
final class SctpTracker {
  /** The chunk flag T: the tag is the peer's, because the sender does not know its own. */
  private static final int TAG_REFLECTED = 1;
  private static final int HEADER = 12;
  /** Chunks whose packets have their tag checked chunk by chunk, or not at all. */
  private static final int OWN_TAG_RULES = 1 << SctpState.INIT | 1 << SctpState.SHUTDOWN_COMPLETE
      | 1 << SctpState.COOKIE_ECHO | 1 << SctpState.ABORT | 1 << SctpState.SHUTDOWN_ACK | 1 << SctpState.HEARTBEAT
      | 1 << SctpState.HEARTBEAT_ACK;
  /** With one of these, a packet of no known association is thrown away (section 8.4). */
  private static final int NEVER_FIRST =
      1 << SctpState.ABORT | 1 << SctpState.SHUTDOWN_COMPLETE | 1 << SctpState.COOKIE_ACK;

  private final Conntrack conntrack;
  private final Settings settings;
  /** The chunk types below 32 of the packet at hand, a bit each. */
  private int chunks;
  /** A HEARTBEAT with a wrong tag, or an INIT sent again: accepted, but it does not prolong the entry's life. */
  private boolean ignored;

  SctpTracker(Conntrack conntrack, Settings settings) {
    this.conntrack = conntrack;
    this.settings = settings;
  }

  Outcome packet(SctpConnection c, Packet p, boolean reply, Hook hook) {
    if (!p.hasTransport(HEADER)) {
      return conntrack.invalid("SCTP header cut short");
    }
    if (hook == Hook.PREROUTING && settings.checksum) {
      p.ensureLinear(p.transportOffset() + HEADER); // sctp_error() writes nothing, but asks for room to
    }
    if (hook == Hook.PREROUTING && settings.checksum && !TransportChecksums.verify(p)) {
      return conntrack.invalid("bad SCTP checksum");
    }
    if (!chunksMakeSense(p)) {
      return conntrack.invalid("SCTP chunks do not go together");
    }
    if (!c.isConfirmed() && ((chunks & NEVER_FIRST) != 0 || !begin(c, p))) {
      return conntrack.invalid("no SCTP association begins with this packet");
    }
    int tag = p.u32(p.transportOffset() + 4);
    if ((chunks & OWN_TAG_RULES) == 0 && tag != c.tag(reply)) {
      return conntrack.invalid("wrong SCTP verification tag");
    }
    ignored = false;
    int newState = SctpState.NONE;
    int end = p.length();
    for (int at = p.transportOffset() + 12; at + 4 <= end; at = nextChunk(p, at)) {
      int chunk = p.u8(at);
      Tag judged = judgeTag(c, p, at, chunk, tag, reply);
      if (judged == Tag.SKIP_CHUNK) {
        continue;
      }
      if (judged == Tag.WRONG) {
        return conntrack.invalid("wrong SCTP verification tag");
      }
      int oldState = c.state;
      newState = SctpState.next(reply, chunk, oldState);
      if (newState == SctpState.INVALID) {
        return conntrack.invalid("SCTP chunk does not fit the association's state");
      }
      if ((chunk == SctpState.INIT || chunk == SctpState.INIT_ACK)
          && !noteTag(c, p, at, chunk, reply, oldState, newState)) {
        return conntrack.invalid("wrong SCTP initiate tag");
      }
      c.state = (byte) newState;
      if (oldState != newState && newState == SctpState.ESTABLISHED) {
        c.status |= CtStatus.ASSURED;
      }
    }
    if (!ignored) {
      conntrack.refresh(c, reply, p.length(), settings.sctp[newState]);
    }
    return Outcome.ACCEPT;
  }

  private static int nextChunk(Packet p, int at) {
    return at + (p.u16(at + 2) + 3 & ~3);
  }

  /** Fills {@link #chunks}. False when there is none, one of length 0, or one that must stand alone or first does not. */
  private boolean chunksMakeSense(Packet p) {
    chunks = 0;
    boolean alone = false;
    int count = 0;
    int end = p.length();
    for (int at = p.transportOffset() + 12; at + 4 <= end; at = nextChunk(p, at)) {
      int chunk = p.u8(at);
      alone |= chunk == SctpState.INIT || chunk == SctpState.INIT_ACK || chunk == SctpState.SHUTDOWN_COMPLETE;
      boolean first = alone || chunk == SctpState.COOKIE_ACK || chunk == SctpState.COOKIE_ECHO;
      if (first && count != 0 || p.u16(at + 2) == 0) {
        return false;
      }
      if (chunk < 32) {
        chunks |= 1 << chunk;
      }
      count++;
    }
    return count != 0;
  }

  /** The first packet of an association: an INIT, a HEARTBEAT on a further path, or a SHUTDOWN ACK after it is over. */
  private static boolean begin(SctpConnection c, Packet p) {
    c.reset();
    int tag = p.u32(p.transportOffset() + 4);
    int end = p.length();
    for (int at = p.transportOffset() + 12; at + 4 <= end; at = nextChunk(p, at)) {
      int chunk = p.u8(at);
      if (SctpState.next(false, chunk, SctpState.NONE) == SctpState.NONE) {
        return false;
      }
      if (chunk == SctpState.INIT) {
        if (tag != 0 || at + 4 + 16 > end) {
          return false;
        }
        c.setTag(true, p.u32(at + 4));
      } else if (chunk == SctpState.HEARTBEAT) {
        c.setTag(false, tag);
      } else if (chunk == SctpState.SHUTDOWN_ACK) {
        c.setTag(true, tag);
      }
    }
    return true;
  }

  private enum Tag {
    RIGHT,
    WRONG,
    /** Wrong, but it may be the first sign of a restart: pass over the chunk. */
    SKIP_CHUNK
  }

  private Tag judgeTag(SctpConnection c, Packet p, int at, int chunk, int tag, boolean reply) {
    switch (chunk) {
      case SctpState.INIT:
        return tag == 0 ? Tag.RIGHT : Tag.WRONG;
      case SctpState.ABORT:
      case SctpState.SHUTDOWN_COMPLETE:
        boolean reflected = (p.u8(at + 1) & TAG_REFLECTED) != 0;
        return tag == c.tag(reflected != reply) ? Tag.RIGHT : Tag.WRONG;
      case SctpState.COOKIE_ECHO:
        return tag == c.tag(reply) ? Tag.RIGHT : Tag.WRONG;
      case SctpState.COOKIE_ACK:
        c.setInit(false, false);
        c.setInit(true, false);
        return Tag.RIGHT;
      case SctpState.HEARTBEAT:
      case SctpState.HEARTBEAT_ACK:
        return judgeHeartbeat(c, chunk, tag, reply);
      default:
        return Tag.RIGHT;
    }
  }

  private Tag judgeHeartbeat(SctpConnection c, int chunk, int tag, boolean reply) {
    if (c.tag(reply) == 0) {
      c.setTag(reply, tag);
    } else if (tag != c.tag(reply)) {
      if ((chunks & 1 << SctpState.DATA) != 0 || ignored) {
        return Tag.WRONG;
      }
      if (chunk == SctpState.HEARTBEAT) {
        c.heartbeatTagFailed = true;
        c.lastReply = reply;
        ignored = true;
        return Tag.SKIP_CHUNK;
      }
      if (!c.heartbeatTagFailed || c.lastReply == reply) {
        return Tag.WRONG;
      }
      c.heartbeatTagFailed = false; // the answer has a new tag as well: the ends have restarted
      c.setTag(reply, tag);
      c.setTag(!reply, 0);
    } else {
      c.heartbeatTagFailed = false;
    }
    return Tag.RIGHT;
  }

  /** Takes the tag that the other side must use from an INIT or INIT ACK; false if it contradicts what is known. */
  private boolean noteTag(
      SctpConnection c, Packet p, int at, int chunk, boolean reply, int oldState, int newState) {
    if (at + 4 + 16 > p.length()) {
      return false;
    }
    int tag = p.u32(at + 4);
    if (chunk == SctpState.INIT) {
      if (oldState == SctpState.NONE || c.tag(!reply) != tag) { // else it is an old INIT, or one sent again
        if (c.init(reply) && c.init(!reply)) {
          c.setInit(!reply, false);
        }
        c.setInit(reply, true);
      }
      c.setTag(!reply, tag);
      ignored |= newState == SctpState.CLOSED && oldState == SctpState.CLOSED && c.isConfirmed();
      return true;
    }
    int known = c.tag(!reply);
    if (known != tag && (!c.init(!reply) && known != 0 || c.init(reply) && c.init(!reply))) {
      return false;
    }
    c.setTag(!reply, tag);
    return true;
  }
}
