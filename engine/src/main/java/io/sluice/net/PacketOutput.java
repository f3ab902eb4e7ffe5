package io.sluice.net;

/** How a target sends a packet of the host's own (REJECT's answers): ip_local_out(), at once, before the target returns. */
public interface PacketOutput {
  /** Routes {@code answer} and sends it through OUTPUT and POSTROUTING. */
  void localOut(SkBuff answer);
}
