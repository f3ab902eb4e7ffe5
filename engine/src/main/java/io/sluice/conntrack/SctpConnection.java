package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;

/** An SCTP association, or one of its paths (struct ip_ct_sctp). */
final class SctpConnection extends Connection {
  byte state = SctpState.NONE;
  /** A HEARTBEAT had a tag that did not fit; its answer may show that the tag is new. */
  boolean heartbeatTagFailed;
  boolean lastReply;
  /** Verification tag that packets of a direction must have; 0 while unknown. */
  private int tag;
  private int replyTag;
  /** Which sides have sent an INIT. */
  private boolean init;
  private boolean replyInit;

  SctpConnection(Family family) {
    super(family, Protocols.SCTP);
  }

  void reset() {
    state = SctpState.NONE;
    heartbeatTagFailed = false;
    lastReply = false;
    tag = 0;
    replyTag = 0;
    init = false;
    replyInit = false;
  }

  int tag(boolean reply) {
    return reply ? replyTag : tag;
  }

  void setTag(boolean reply, int tag) {
    if (reply) {
      replyTag = tag;
    } else {
      this.tag = tag;
    }
  }

  boolean init(boolean reply) {
    return reply ? replyInit : init;
  }

  void setInit(boolean reply, boolean seen) {
    if (reply) {
      replyInit = seen;
    } else {
      init = seen;
    }
  }

  @Override
  public String stateWord() {
    return SctpState.name(state);
  }

  @Override
  void setStateWord(String word) {
    int found = SctpState.byName(word);
    if (found >= 0) {
      state = (byte) found;
    }
  }

  @Override
  Connection blank() {
    return new SctpConnection(family());
  }

  @Override
  void copyFrom(Connection from) {
    super.copyFrom(from);
    SctpConnection s = (SctpConnection) from;
    state = s.state;
    heartbeatTagFailed = s.heartbeatTagFailed;
    lastReply = s.lastReply;
    tag = s.tag;
    replyTag = s.replyTag;
    init = s.init;
    replyInit = s.replyInit;
  }
}
