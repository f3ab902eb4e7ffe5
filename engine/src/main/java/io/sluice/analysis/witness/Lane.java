package io.sluice.analysis.witness;

import io.sluice.host.NetDevice;
import io.sluice.packet.EthernetHeader;
import io.sluice.packet.IpAddress;
import java.util.Optional;

/**
 * A way on which a packet may be sent.
 *
 * @param in the interface that it comes in by, as rules see it; null when the host itself sends it
 * @param out the interface behind which its destination is; null when that is the host itself, or not known
 * @param framing the frames that it and its answers come in; empty where they come without
 */
record Lane(NetDevice in, NetDevice out, IpAddress source, IpAddress destination, Optional<Framing> framing) {

  /** Without frames. */
  Lane(NetDevice in, NetDevice out, IpAddress source, IpAddress destination) {
    this(in, out, source, destination, Optional.empty());
  }

  /** The place that packets of this lane come from. */
  String place() {
    return framing.map(Framing::port).orElse(in == null ? Step.LOCAL : in.name());
  }

  /** The place that answers come from. */
  String answerPlace() {
    return out == null || out.isLoopback() ? Step.LOCAL : place(out);
  }

  /** The place where packets come from that answer what has left by {@code device}. */
  String answerPlace(NetDevice device, String came) {
    boolean back = framing.isPresent() && device == in && !came.equals(place());
    return back ? place() : place(device);
  }

  private String place(NetDevice device) {
    return framing.isPresent() && device == in ? framing.get().back() : device.name();
  }

  /** The frame of a packet that comes from a place; empty where it comes without. */
  Optional<EthernetHeader> frame(String from, IpAddress sender) {
    if (framing.isEmpty()) {
      return Optional.empty();
    }
    boolean both = framing.get().port().equals(framing.get().back());
    boolean forth = from.equals(place()) && (!both || !sender.equals(destination));
    return forth ? Optional.of(framing.get().forth())
        : from.equals(framing.get().back()) ? Optional.of(framing.get().answer()) : Optional.empty();
  }

  /** The same way in other frames. */
  Lane with(Framing frames) {
    return new Lane(in, out, source, destination, Optional.of(frames));
  }

  /** The same way between other addresses. */
  Lane between(IpAddress from, IpAddress to) {
    return new Lane(in, out, from, to, framing);
  }
}
