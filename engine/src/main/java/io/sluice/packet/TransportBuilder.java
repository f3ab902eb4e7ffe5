package io.sluice.packet;

import java.util.Arrays;

/** What all transport builders can: payload, a wrong checksum, a packet cut short. */
public abstract class TransportBuilder<T extends TransportBuilder<T>> {
  private final PacketBuilder ip;
  private final int protocol;
  private byte[] payload = {};
  private boolean badChecksum;
  private boolean checksum = true;
  private int keep = Integer.MAX_VALUE;

  TransportBuilder(PacketBuilder ip, int protocol) {
    this.ip = ip;
    this.protocol = protocol;
  }

  abstract T self();

  /** The header with its checksum field zero; the payload follows it. */
  abstract byte[] header(int payloadLength);

  public T payload(byte[] payload) {
    this.payload = payload.clone();
    return self();
  }

  public T payload(String text) {
    return payload(PacketBuilder.text(text));
  }

  /** A payload of {@code length} bytes, counting up from 0. */
  public T payload(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) i;
    }
    return payload(bytes);
  }

  /** Makes the transport checksum wrong. */
  public T badChecksum() {
    this.badChecksum = true;
    return self();
  }

  /** Leaves the checksum field 0. */
  public T noChecksum() {
    this.checksum = false;
    return self();
  }

  /** Cuts header and payload to {@code bytes} bytes; the IP length is that of what remains. */
  public T truncate(int bytes) {
    this.keep = bytes;
    return self();
  }

  byte[] payload() {
    return payload;
  }

  int protocol() {
    return protocol;
  }

  /** Header and payload, with checksum: what a datagram that is fragmented by hand is cut from. */
  public byte[] transport() {
    byte[] header = header(payload.length);
    byte[] all = Arrays.copyOf(header, header.length + payload.length);
    System.arraycopy(payload, 0, all, header.length, payload.length);
    if (checksum) {
      all = ip.withChecksum(protocol, all);
    }
    int field = protocol == Protocols.SCTP ? 8 : TransportChecksums.offset(protocol);
    if (badChecksum && field >= 0 && field < all.length) {
      all[field] ^= 0x55;
    }
    return Arrays.copyOf(all, Math.min(keep, all.length));
  }

  /** The whole packet. */
  public byte[] build() {
    return ip.assemble(protocol, transport());
  }
}
