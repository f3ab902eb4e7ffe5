package io.sluice.cli;

import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.packet.pcap.Frame;
import io.sluice.packet.pcap.LinkLayer.IpFrame;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.pipeline.Worlds;

/**
 * An IP packet of a capture.
 *
 * @param place the in-interface, which the host has, or {@link #LOCAL}
 */
record CapturedPacket(Frame frame, IpFrame ip, String place) implements Worlds.Step {
  /** The name of the interface by which the host's own programs send. */
  static final String LOCAL = "local";
  private static final Owner ROOT = new Owner(0, 0);

  @Override
  public Outcome take(Simulator simulator) {
    simulator.advanceTo(frame.timeNanos());
    if (place.equals(LOCAL)) {
      return simulator.send(ip.packet(), ROOT);
    }
    byte[] packet = ip.packet().clone();
    SkBuff skb = new SkBuff();
    skb.arrive(packet, packet.length, simulator.host().network().requireDevice(place));
    simulator.setLinkHeader(skb, ip.linkHeader());
    return simulator.receive(skb);
  }
}
