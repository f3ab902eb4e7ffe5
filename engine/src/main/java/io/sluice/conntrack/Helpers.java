package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Checksums;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import io.sluice.packet.TransportChecksums;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/**
 * The helpers that read payload and announce connections: FTP and TFTP.
 *
 * <p>Kernel: help() in net/netfilter/nf_conntrack_ftp.c, tftp_help() in nf_conntrack_tftp.c, nf_nat_ftp() in nf_nat_ftp.c,
 * help() in nf_nat_tftp.c, nf_nat_helper.c. FTP's module parameter {@code loose} is off, as by default.
 */
final class Helpers {
  static final String FTP = "ftp";
  static final String TFTP = "tftp";
  /** The helpers that {@code -j CT --helper} can name here. */
  static final Set<String> NAMES = Set.of(FTP, TFTP);

  private static final int ATTEMPTS = 128;

  private final Conntrack conntrack;
  private final Expectations expectations;

  Helpers(Conntrack conntrack, Expectations expectations) {
    this.conntrack = conntrack;
    this.expectations = expectations;
  }

  /** Shows a packet of a connection to its helper, which may rewrite it. */
  Verdict help(Packet p, Connection c, CtInfo info) {
    if (FTP.equals(c.helperName())) {
      return ftp(p, c, info);
    }
    return TFTP.equals(c.helperName()) ? tftp(p, c) : Verdict.ACCEPT;
  }

  private Verdict ftp(Packet p, Connection c, CtInfo info) {
    if (info != CtInfo.ESTABLISHED && info != CtInfo.ESTABLISHED_REPLY || !p.hasTransport(20)) {
      return Verdict.ACCEPT;
    }
    int th = p.transportOffset();
    int payload = th + (p.u8(th + 12) >> 4) * 4;
    if (payload >= p.length()) {
      return Verdict.ACCEPT;
    }
    p.ensureLinear(p.length());
    FtpState ftp = c.extensions().ftp;
    if (ftp == null) {
      ftp = new FtpState();
      c.extensions().ftp = ftp;
    }
    boolean reply = info.isReply();
    int seq = p.u32(th + 4);
    int next = seq + p.length() - payload;
    boolean endsLine = p.u8(p.length() - 1) == '\n';
    Verdict verdict = Verdict.ACCEPT;
    if (ftp.beginsLine(reply, seq)) {
      FtpCommand command =
          new FtpCommand(p.data(), payload, p.length(), c.family(), c.srcHi(reply), c.srcLo(reply));
      switch (command.read(reply)) {
        case PARTIAL:
          return conntrack.drop("FTP command in pieces");
        case COMMAND:
          verdict = announced(p, c, reply, command);
          break;
        default:
          break;
      }
    }
    if (endsLine) {
      ftp.lineBegins(reply, next);
    }
    return verdict;
  }

  private Verdict announced(Packet p, Connection c, boolean reply, FtpCommand command) {
    if (command.addressHi() != c.srcHi(reply) || command.addressLo() != c.srcLo(reply)) {
      return Verdict.ACCEPT; // names somebody else: open no hole
    }
    Expectation e = new Expectation(c, Protocols.TCP, c.srcHi(!reply), c.srcLo(!reply), c.dstHi(!reply),
        c.dstLo(!reply), command.port());
    if ((c.status & CtStatus.NAT_MASK) == 0) {
      return expectations.add(e, conntrack.now()) == Expectations.Added.YES
          ? Verdict.ACCEPT
          : conntrack.drop("cannot expect the FTP data connection");
    }
    e.savedPort = e.dstPort;
    e.reply = !reply;
    e.followsMaster = true;
    if (!expectOnSomePort(e)) {
      return conntrack.drop("all ports for the FTP data connection are in use");
    }
    IpAddress address = new IpAddress(c.family(), c.dstHi(!reply), c.dstLo(!reply));
    byte[] text = announcement(command.form(), address, e.dstPort).getBytes(StandardCharsets.US_ASCII);
    if (!mangle(p, c, reply, command.numbersOffset(), command.numbersLength(), text)) {
      expectations.remove(e);
      return conntrack.drop("FTP command cannot be rewritten");
    }
    return Verdict.ACCEPT;
  }

  /** nf_nat_exp_find_port(): the announced port, or another that nobody is expected on. */
  private boolean expectOnSomePort(Expectation e) {
    int min = e.dstPort;
    int range = 0xffff - min;
    int attempts = Math.min(range, ATTEMPTS);
    while (true) {
      Expectations.Added added = expectations.add(e, conntrack.now());
      if (added == Expectations.Added.YES) {
        return e.dstPort != 0;
      }
      if (added == Expectations.Added.FULL || --attempts < 0) {
        return false;
      }
      e.dstPort = min + conntrack.random().nextInt(range);
    }
  }

  private static String announcement(FtpCommand.Form form, IpAddress address, int port) {
    switch (form) {
      case PORT:
      case PASV:
        long ip = address.family() == Family.IPV4 ? address.lo() : address.hi() >>> 32;
        return (ip >>> 24) + "," + (ip >>> 16 & 0xff) + "," + (ip >>> 8 & 0xff) + "," + (ip & 0xff) + ","
            + (port >> 8) + "," + (port & 0xff);
      case EPRT:
        return address.family() == Family.IPV4
            ? "|1|" + address + "|" + port + "|"
            : "|2|" + inFull(address) + "|" + port + "|";
      default:
        return "|||" + port + "|";
    }
  }

  /** All eight groups with all their digits, as the kernel's %pI6 prints. */
  private static String inFull(IpAddress address) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      long half = i < 4 ? address.hi() : address.lo();
      out.append(i == 0 ? "" : ":").append(String.format("%04x", half >>> 48 - 16 * (i & 3) & 0xffff));
    }
    return out.toString();
  }

  /** Replaces a part of the TCP payload: __nf_nat_mangle_tcp_packet(). False if the packet would grow too long. */
  private static boolean mangle(Packet p, Connection c, boolean reply, int offset, int length, byte[] by) {
    int th = p.transportOffset();
    int at = th + (p.u8(th + 12) >> 4) * 4 + offset;
    int delta = by.length - length;
    if (p.length() + delta > 0xffff) {
      return false;
    }
    int seq = p.u32(th + 4);
    byte[] old = p.data();
    int oldLength = p.length();
    byte[] data = Arrays.copyOf(old, oldLength + delta);
    System.arraycopy(by, 0, data, at, by.length);
    System.arraycopy(old, at + length, data, at + by.length, oldLength - at - length);
    boolean v4 = p.family() == Family.IPV4;
    int total = v4 ? data.length : data.length - 40;
    int field = v4 ? 2 : 4;
    data[field] = (byte) (total >> 8);
    data[field + 1] = (byte) total;
    if (v4) {
      data[10] = 0;
      data[11] = 0;
      int sum = ~Checksums.sum(data, 0, p.headerLength());
      data[10] = (byte) (sum >> 8);
      data[11] = (byte) sum;
    }
    p.replaceBytes(data, data.length);
    TransportChecksums.compute(p);
    p.ipSummed().setPartial(); // nf_nat_csum_recalc()
    if (delta != 0) {
      c.status |= CtStatus.SEQ_ADJUST;
      c.adjustSequence();
      c.seqAdjust().add(reply, seq, delta);
    }
    return true;
  }

  private Verdict tftp(Packet p, Connection c) {
    int udp = p.transportOffset();
    if (!p.hasTransport(8 + 2)) {
      return Verdict.ACCEPT;
    }
    int operation = p.u16(udp + 8);
    if (operation != 1 && operation != 2) { // read and write requests
      return Verdict.ACCEPT;
    }
    Expectation e = new Expectation(c, Protocols.UDP, c.srcHi(true), c.srcLo(true), c.dstHi(true), c.dstLo(true), c.replyDstId);
    if ((c.status & CtStatus.NAT_MASK) != 0) {
      e.savedPort = c.srcId;
      e.reply = true;
      e.followsMaster = true;
    }
    return expectations.add(e, conntrack.now()) == Expectations.Added.YES
        ? Verdict.ACCEPT
        : conntrack.drop("cannot expect the TFTP transfer");
  }
}
