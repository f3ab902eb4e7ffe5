package io.sluice.conntrack;

import io.sluice.packet.Checksums;
import io.sluice.packet.Packet;
import java.util.Optional;

/**
 * What a connection that SYNPROXY has opened in its client's name remembers of the cookie that the client knows for the
 * server's number (struct nf_conn_synproxy).
 *
 * <pre>
 *   client knows          server knows          so in the reply direction
 *   seq 0x8d3f0a11 (isn)  seq 777000            seq + isn - 777000          {@link #shiftSequence}, {@link SeqAdjust}
 *   ts  1536017   (its)   ts  5000              tsval - (5000 - its)        {@link #adjustTimestamp}
 * </pre>
 *
 * and back again in what the client acknowledges.
 *
 * <p>Kernel: include/net/netfilter/nf_conntrack_synproxy.h, synproxy_tstamp_adjust() in net/netfilter/nf_synproxy_core.c.
 */
public final class Synproxy {
  private static final int HEADER = 20;
  private static final int TIMESTAMP = 8;
  private static final int TIMESTAMP_LENGTH = 10;
  private static final Connection TEMPLATE = Connection.template(Zone.DEFAULT, Optional.empty());

  private final TcpConnection connection;
  private int isn;
  private int its;
  private int tsoff;

  Synproxy(TcpConnection connection) {
    this.connection = connection;
  }


  /** Makes the connection that a SYN of the host's own begins one that is opened in a client's name. */
  public static void mark(CtRef ref) {
    ref.setTemplate(TEMPLATE);
  }

  /** That of a packet's connection; null where SYNPROXY has not opened it. */
  public static Synproxy of(CtRef ref) {
    return ref.isTracked() ? of(ref.connection()) : null;
  }

  /** That of a connection; null where SYNPROXY has not opened it. */
  public static Synproxy of(Connection connection) {
    return connection instanceof TcpConnection c ? c.synproxy() : null;
  }

  /** A connection begins by a template, ours or another: nf_ct_add_synproxy(). */
  static void begin(TcpConnection c, Connection template) {
    if (template == TEMPLATE) {
      c.extend().synproxy = new Synproxy(c);
      c.adjustSequence();
    }
  }

  /** Whether the host's SYN waits for an answer. */
  public boolean isSynSent() {
    return connection.state == TcpState.SYN_SENT;
  }

  /** Whether the server has answered the SYN, and nobody its answer. */
  public boolean isSynReceived() {
    return connection.state == TcpState.SYN_RECV;
  }

  /** Whether a reset ended it. */
  public boolean isClosed() {
    return connection.state == TcpState.CLOSE;
  }

  /** The largest window that the client has offered, as far as a header can say it. */
  public int clientWindow() {
    TcpPeer client = new TcpPeer();
    connection.load(false, client);
    return client.maxWindow & 0xffff;
  }

  /** Notes the number that the client takes for the server's first. */
  public void setIsn(int isn) {
    this.isn = isn;
  }

  public int isn() {
    return isn;
  }

  /** Notes the timestamp that the client takes for the server's first. */
  public void setIts(int its) {
    this.its = its;
  }

  /** By how much sequence numbers of the reply direction are raised. */
  public int sequenceShift() {
    return connection.seqAdjust().offset(true, isn);
  }

  /** By how much timestamps of the reply direction are lowered. */
  public int timestampShift() {
    return tsoff;
  }

  /** Notes the server's first timestamp. */
  public void setServerTimestamp(int tsval) {
    tsoff = tsval - its;
  }

  /** From now on no timestamp is changed. */
  public void keepTimestamps() {
    tsoff = 0;
  }

  /** From now on a direction's sequence numbers are raised by {@code offset}; 0 changes nothing: nf_ct_seqadj_init(). */
  public void shiftSequence(boolean reply, int offset) {
    if (offset != 0) {
      connection.status |= CtStatus.SEQ_ADJUST;
      connection.seqAdjust().set(reply, offset);
    }
  }

  /** Puts a segment's timestamp, or in the original direction its echo, where the other end expects it. */
  public void adjustTimestamp(Packet p, boolean reply) {
    if (tsoff == 0) {
      return;
    }
    int th = p.transportOffset();
    int end = th + (p.u8(th + 12) >> 4) * 4;
    if (end > p.length()) {
      return;
    }
    p.ensureLinear(end);
    int at = th + HEADER;
    while (at < end && p.u8(at) != 0) {
      if (p.u8(at) == 1) {
        at++;
        continue;
      }
      if (at + 1 == end || p.u8(at + 1) < 2 || at + p.u8(at + 1) > end) {
        return;
      }
      if (p.u8(at) == TIMESTAMP && p.u8(at + 1) == TIMESTAMP_LENGTH) {
        int value = reply ? at + 2 : at + 6;
        int after = p.u32(value) + (reply ? -tsoff : tsoff);
        Checksums.replace32(p, th + 16, p.u32(value), after);
        p.putU32(value, after);
        return;
      }
      at += p.u8(at + 1);
    }
  }

  Synproxy copyFor(TcpConnection twin) {
    Synproxy copy = new Synproxy(twin);
    copy.isn = isn;
    copy.its = its;
    copy.tsoff = tsoff;
    return copy;
  }
}
