package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;

/** A DCCP connection (struct nf_ct_dccp). */
final class DccpConnection extends Connection {
  byte state = DccpState.NONE;
  /** Whether the side of the original direction is the server: after it was reopened from the other side. */
  boolean originalIsServer;
  boolean lastReply;
  byte lastPacket = DccpState.PACKET_REQUEST;
  /** Sequence number of the Response; its acknowledgement assures the connection. */
  long handshakeSeq;

  DccpConnection(Family family) {
    super(family, Protocols.DCCP);
  }

  @Override
  public String stateWord() {
    return DccpState.name(state);
  }

  @Override
  void setStateWord(String word) {
    int found = DccpState.byName(word);
    if (found >= 0) {
      state = (byte) found;
    }
  }

  @Override
  Connection blank() {
    return new DccpConnection(family());
  }

  @Override
  void copyFrom(Connection from) {
    super.copyFrom(from);
    DccpConnection d = (DccpConnection) from;
    state = d.state;
    originalIsServer = d.originalIsServer;
    lastReply = d.lastReply;
    lastPacket = d.lastPacket;
    handshakeSeq = d.handshakeSeq;
  }
}
