package io.sluice.conntrack;

import java.util.Optional;
import java.util.OptionalLong;

/** Turns connections into what {@code conntrack -L} says of them, and back. */
final class Records {
  private static final long SECOND = 1_000_000_000L;

  private Records() {}

  /** @param use the reference count: itself, and each connection that it announced */
  static ConntrackRecord of(Connection c, long secondsLeft, int use) {
    return new ConntrackRecord(c.original(), c.reply(), OptionalLong.of(secondsLeft),
        c.stateWord().isEmpty() ? Optional.empty() : Optional.of(c.stateWord()), count(c, false), count(c, true),
        c.has(CtStatus.SEEN_REPLY), c.has(CtStatus.ASSURED), c.mark, c.zone(), c.helper(), use);
  }

  private static Optional<ConntrackRecord.Count> count(Connection c, boolean reply) {
    return c.accounted
        ? Optional.of(new ConntrackRecord.Count(c.packets(reply), c.bytes(reply)))
        : Optional.empty();
  }

  /** A confirmed connection; NAT is what makes the reply differ from the inverse of the original tuple. */
  static Connection toConnection(ConntrackRecord r, Settings settings, long now) {
    TupleKey tuple = new TupleKey();
    tuple.set(r.original());
    Connection c = Connection.forProtocol(tuple, settings.dccpTracked);
    tuple.storeOriginal(c);
    TupleKey reply = new TupleKey();
    reply.set(r.reply());
    reply.storeReply(c);
    TupleKey forward = new TupleKey();
    forward.setInverse(reply);
    c.status = CtStatus.CONFIRMED | CtStatus.NAT_DONE_MASK
        | (r.seenReply() ? CtStatus.SEEN_REPLY : 0)
        | (r.assured() ? CtStatus.ASSURED : 0);
    if (forward.srcLo != tuple.srcLo || forward.srcHi != tuple.srcHi || forward.srcId != tuple.srcId) {
      c.status |= CtStatus.SRC_NAT;
    }
    if (forward.dstLo != tuple.dstLo || forward.dstHi != tuple.dstHi || forward.dstId != tuple.dstId) {
      c.status |= CtStatus.DST_NAT;
    }
    c.mark = r.mark();
    c.setZone(r.zone());
    r.state().ifPresent(c::setStateWord);
    r.helper().ifPresent(name -> setHelper(c, name));
    r.originalCount().ifPresent(count -> {
      c.accounted = true;
      c.packets = count.packets();
      c.bytes = count.bytes();
    });
    r.replyCount().ifPresent(count -> {
      c.replyPackets = count.packets();
      c.replyBytes = count.bytes();
    });
    c.timeout = now + (r.timeoutSeconds().isPresent() ? r.timeoutSeconds().getAsLong() * SECOND : offloaded(c, settings));
    if (c instanceof TcpConnection) {
      beLenient((TcpConnection) c);
    }
    return c;
  }

  /** An offloaded flow shows no time left: it lives as an established one. */
  private static long offloaded(Connection c, Settings settings) {
    return c instanceof TcpConnection ? settings.tcp[TcpState.ESTABLISHED] : settings.udpStream;
  }

  private static void setHelper(Connection c, String name) {
    c.extend().helperName = name;
    c.status |= CtStatus.HELPER;
    if (name.equals(Helpers.FTP)) {
      FtpState ftp = new FtpState();
      ftp.expectAnything();
      c.extend().ftp = ftp;
    }
    if ((c.status & CtStatus.NAT_MASK) != 0) {
      c.adjustSequence();
    }
  }

  private static void beLenient(TcpConnection c) {
    TcpPeer peer = new TcpPeer();
    peer.flags = TcpPeer.SACK_PERMITTED | TcpPeer.BE_LIBERAL;
    c.store(false, peer);
    c.store(true, peer);
  }
}
