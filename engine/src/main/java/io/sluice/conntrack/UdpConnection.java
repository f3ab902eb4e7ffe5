package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;

/** A UDP conversation (struct nf_ct_udp). */
final class UdpConnection extends Connection {
  /** From when on traffic both ways makes it a stream: two seconds after its first packet, in the clock's nanoseconds. */
  long streamFrom;

  UdpConnection(Family family) {
    super(family, Protocols.UDP);
  }

  @Override
  long touch() {
    return super.touch() + streamFrom;
  }

  @Override
  Connection blank() {
    return new UdpConnection(family());
  }

  @Override
  void copyFrom(Connection from) {
    super.copyFrom(from);
    streamFrom = ((UdpConnection) from).streamFrom;
  }
}
