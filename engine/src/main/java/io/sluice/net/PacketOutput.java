package io.sluice.net;

import io.sluice.host.NetDevice;

/** How a target sends a packet of the host's own (REJECT's answers): ip_local_out(), at once, before the target returns. */
public interface PacketOutput {
  /** Routes {@code answer} and sends it through OUTPUT and POSTROUTING. */
  void localOut(SkBuff answer);

  /** Whether {@link #localOut} will find a way for {@code answer}. */
  default boolean hasRoute(SkBuff answer) {
    return true;
  }

  /**
   * Hands {@code answer} to a bridge port as it is, past routing and rules: how a TCP reset goes back to a sender behind
   * a bridge. Where there are no bridges it is sent as any other.
   */
  default void deviceOut(SkBuff answer, NetDevice port) {
    localOut(answer);
  }
}
