package io.sluice.conntrack;

/**
 * Where lines of an FTP control connection begin (struct nf_ct_ftp_master): the sequence numbers after the last two line
 * ends of each direction. A command counts only at the start of a line.
 */
final class FtpState {
  private static final int REMEMBERED = 2;

  /** By direction: those of the original direction come first. */
  private final int[] lines = new int[2 * REMEMBERED];
  private final int[] counts = new int[2];
  private final boolean[] pickUp = new boolean[2];

  /** As for a connection put in from outside, whose line ends are not known: the next packet of each side is looked at. */
  void expectAnything() {
    pickUp[0] = true;
    pickUp[1] = true;
  }

  /** Whether a line begins at {@code seq}: find_nl_seq(), with NF_CT_FTP_SEQ_PICKUP. */
  boolean beginsLine(boolean reply, int seq) {
    int direction = reply ? 1 : 0;
    if (isKnown(direction, seq)) {
      return true;
    }
    boolean anything = pickUp[direction];
    pickUp[direction] = false;
    return anything;
  }

  /** Notes that a line begins at {@code seq}, unless two later ones are known: update_nl_seq(). */
  void lineBegins(boolean reply, int seq) {
    int direction = reply ? 1 : 0;
    if (isKnown(direction, seq)) {
      return;
    }
    int at = direction * REMEMBERED;
    if (counts[direction] < REMEMBERED) {
      lines[at + counts[direction]++] = seq;
      return;
    }
    int oldest = lines[at] - lines[at + 1] < 0 ? at : at + 1;
    if (seq - lines[oldest] > 0) {
      lines[oldest] = seq;
    }
  }

  private boolean isKnown(int direction, int seq) {
    for (int i = 0; i < counts[direction]; i++) {
      if (lines[direction * REMEMBERED + i] == seq) {
        return true;
      }
    }
    return false;
  }

  FtpState copy() {
    FtpState copy = new FtpState();
    System.arraycopy(lines, 0, copy.lines, 0, lines.length);
    System.arraycopy(counts, 0, copy.counts, 0, counts.length);
    System.arraycopy(pickUp, 0, copy.pickUp, 0, pickUp.length);
    return copy;
  }
}
