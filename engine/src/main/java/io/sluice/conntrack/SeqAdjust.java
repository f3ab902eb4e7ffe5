package io.sluice.conntrack;

import io.sluice.packet.Packet;
import io.sluice.packet.Checksums;

/**
 * By how much the sequence numbers of a connection's directions have moved, because a helper changed the length of what was
 * sent or SYNPROXY chose another first number than the server (struct nf_conn_seqadj). In each direction the offset changes at one position.
 *
 * <p>Kernel: net/netfilter/nf_conntrack_seqadj.c.
 */
final class SeqAdjust {
  private int position;
  private int before;
  private int after;
  private int replyPosition;
  private int replyBefore;
  private int replyAfter;

  /** Notes that from {@code seq} on, {@code delta} more bytes are sent in a direction: nf_ct_seqadj_set(). */
  void add(boolean reply, int seq, int delta) {
    if (reply) {
      if (replyBefore == replyAfter || replyPosition - seq < 0) {
        replyPosition = seq;
        replyBefore = replyAfter;
        replyAfter += delta;
      }
    } else if (before == after || position - seq < 0) {
      position = seq;
      before = after;
      after += delta;
    }
  }

  /** From the beginning on {@code offset} more: nf_ct_seqadj_init(). */
  void set(boolean reply, int offset) {
    if (reply) {
      replyBefore = offset;
      replyAfter = offset;
    } else {
      before = offset;
      after = offset;
    }
  }

  /** The offset at {@code seq} in a direction: nf_ct_seq_offset(). */
  int offset(boolean reply, int seq) {
    return reply
        ? seq - replyPosition > 0 ? replyAfter : replyBefore
        : seq - position > 0 ? after : before;
  }

  /** Takes the other direction's offset off a number that acknowledges it. */
  private int unshift(boolean reply, int ack) {
    int old = reply ? replyBefore : before;
    int at = reply ? replyPosition : position;
    return ack - (ack - old - at > 0 ? reply ? replyAfter : after : old);
  }

  /** Moves a segment's numbers, SACK blocks included: nf_ct_seq_adjust(). False if there are broken options. */
  boolean apply(Packet p, boolean reply) {
    int th = p.transportOffset();
    if (!p.hasTransport(20)) {
      return false;
    }
    p.ensureLinear(th + 20);
    int seq = p.u32(th + 4);
    replace(p, th + 4, seq + offset(reply, seq));
    if ((p.u8(th + 13) & TcpFlags.ACK) == 0) {
      return true;
    }
    replace(p, th + 8, unshift(!reply, p.u32(th + 8)));
    int at = th + 20;
    int end = th + (p.u8(th + 12) >> 4) * 4;
    if (end > p.length()) {
      return false;
    }
    p.ensureLinear(end);
    while (at < end) {
      int option = p.u8(at);
      if (option == 0) {
        return true;
      }
      if (option == 1) {
        at++;
        continue;
      }
      if (at + 1 == end || p.u8(at + 1) < 2 || at + p.u8(at + 1) > end) {
        return false;
      }
      int size = p.u8(at + 1);
      if (option == 5 && size >= 10 && (size - 2) % 8 == 0) {
        for (int edge = at + 2; edge < at + size; edge += 4) {
          replace(p, edge, unshift(!reply, p.u32(edge)));
        }
      }
      at += size;
    }
    return true;
  }

  private static void replace(Packet p, int at, int value) {
    Checksums.replace32(p, p.transportOffset() + 16, p.u32(at), value);
    p.putU32(at, value);
  }

  SeqAdjust copy() {
    SeqAdjust copy = new SeqAdjust();
    copy.position = position;
    copy.before = before;
    copy.after = after;
    copy.replyPosition = replyPosition;
    copy.replyBefore = replyBefore;
    copy.replyAfter = replyAfter;
    return copy;
  }
}
