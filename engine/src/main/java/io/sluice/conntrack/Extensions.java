package io.sluice.conntrack;

/**
 * What few connections have beside their tuples and counters (struct nf_ct_ext): kept apart, so that the others are smaller
 * and a million of them lie in fewer lines of memory.
 */
final class Extensions {
  private static final int LABEL_LONGS = 2;

  /** The connection that announced this one. */
  Connection master;
  /** The name of the helper that reads the payload. */
  String helperName;
  FtpState ftp;
  SeqAdjust seqAdjust;
  NatChoice natChoice;
  /** SYNPROXY has opened the connection in its client's name. */
  Synproxy synproxy;
  /** Null while none is set. */
  private long[] labels;

  boolean label(int bit) {
    return labels != null && (labels[bit >>> 6] >>> bit & 1) != 0;
  }

  void setLabel(int bit) {
    if (labels == null) {
      labels = new long[LABEL_LONGS];
    }
    labels[bit >>> 6] |= 1L << bit;
  }

  /** A copy for a twin of the connection, without the master. */
  Extensions copyFor(Connection twin) {
    Extensions copy = new Extensions();
    copy.helperName = helperName;
    copy.ftp = ftp == null ? null : ftp.copy();
    copy.seqAdjust = seqAdjust == null ? null : seqAdjust.copy();
    copy.natChoice = natChoice;
    copy.synproxy = synproxy == null ? null : synproxy.copyFor((TcpConnection) twin);
    copy.labels = labels == null ? null : labels.clone();
    return copy;
  }
}
