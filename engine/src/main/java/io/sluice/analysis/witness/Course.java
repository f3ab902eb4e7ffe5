package io.sluice.analysis.witness;

import io.sluice.net.CtState;
import io.sluice.ruleset.Field;

/** How a packet comes about, and the states that it may then have where it is seen. */
enum Course {
  /** It is just sent. */
  PLAIN(CtState.NEW, CtState.INVALID, CtState.UNTRACKED),
  /** Somebody on its way's other end has begun; it is the answer, or what comes after the handshake. */
  ANSWER(CtState.ESTABLISHED),
  /** It goes on with what it has begun itself and what has been answered. */
  GOES_ON(CtState.ESTABLISHED),
  /** An ICMP error about a packet that came from its destination. */
  ERROR_ABOUT_OPENER(CtState.RELATED),
  /** An ICMP error about an answer that came from its destination. */
  ERROR_ABOUT_ANSWER(CtState.RELATED),
  /** An ICMP error about an answer, never given, to what the host itself has sent to its destination. */
  ERROR_ABOUT_NO_ANSWER(CtState.RELATED),
  /** The data connection that its destination has asked for: FTP's active mode, TFTP. */
  EXPECTED(CtState.RELATED),
  /** The data connection that its destination has offered: FTP's passive mode. */
  OFFERED(CtState.RELATED),
  /** The host's own answer to a packet that a rule rejects. */
  REJECTION(CtState.RELATED, CtState.INVALID),
  /** The host's own answer to a packet that may go no further. */
  TIME_EXCEEDED(CtState.RELATED, CtState.INVALID),
  /** With a wrong checksum. */
  BAD_CHECKSUM(CtState.INVALID),
  /** Out of the window of its connection. */
  OUT_OF_WINDOW(CtState.INVALID),
  /** From the other side, and out of the window. */
  ANSWER_OUT_OF_WINDOW(CtState.INVALID),
  /** As {@link #GOES_ON}, before there is an answer. */
  GOES_ON_UNANSWERED(CtState.NEW, CtState.INVALID),
  /** The first thing that comes back, whatever it is: both sides may open a TCP connection, or one resets it. */
  ANSWER_OF_ANY_KIND(CtState.ESTABLISHED);

  private final int states;

  Course(int... states) {
    int bits = 0;
    for (int state : states) {
      bits |= 1 << state;
    }
    this.states = bits;
  }

  /** Whether it may come to a ctstate that will do. */
  boolean mayDo(Wishes wishes) {
    for (int number = 0; number < CtState.COUNT; number++) {
      if ((states & 1 << (number & CtState.STATE_MASK)) != 0 && wishes.allows(Field.CTSTATE, number)) {
        return true;
      }
    }
    return false;
  }
}
