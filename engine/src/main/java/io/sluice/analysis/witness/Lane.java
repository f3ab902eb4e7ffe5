package io.sluice.analysis.witness;

import io.sluice.host.NetDevice;
import io.sluice.packet.IpAddress;

/**
 * A way on which a packet may be sent.
 *
 * @param in the interface that it comes in by; null when the host itself sends it
 * @param out the interface behind which its destination is; null when that is the host itself, or not known
 */
record Lane(NetDevice in, NetDevice out, IpAddress source, IpAddress destination) {

  /** The place that packets of this lane come from. */
  String place() {
    return in == null ? Step.LOCAL : in.name();
  }

  /** The place that answers come from. */
  String answerPlace() {
    return out == null || out.isLoopback() ? Step.LOCAL : out.name();
  }

  /** The same way to another address. */
  Lane to(IpAddress other) {
    return new Lane(in, out, source, other);
  }
}
