package io.sluice.ipset;

import io.sluice.host.NetDevice;

/** What sets read of a packet beside its bytes and its devices; {@code SkBuff} offers it. */
public interface LinkInfo {
  /** The bridge port that the packet came in by; null when there is none. */
  NetDevice physIn();

  /** The bridge port that the packet leaves by; null when there is none. */
  NetDevice physOut();

  /** The Ethernet header (14 bytes: destination, source, type), or empty when the packet came without. */
  byte[] linkHeader();

  /** skb->mark. */
  int mark();
}
