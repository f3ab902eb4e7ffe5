package io.sluice.ipset;

/** What sets read of a packet beside its bytes and its devices; {@code SkBuff} offers it. */
public interface LinkInfo {
  /** The Ethernet header (14 bytes: destination, source, type), or empty when the packet came without. */
  byte[] linkHeader();

  /** skb->mark. */
  int mark();
}
