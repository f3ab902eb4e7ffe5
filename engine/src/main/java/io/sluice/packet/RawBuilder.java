package io.sluice.packet;

import java.io.ByteArrayOutputStream;

/** Any protocol, byte by byte; checksums are the caller's. */
public final class RawBuilder extends TransportBuilder<RawBuilder> {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  RawBuilder(PacketBuilder ip, int protocol) {
    super(ip, protocol);
    noChecksum();
  }

  @Override
  RawBuilder self() {
    return this;
  }

  /** Appends bytes. */
  public RawBuilder bytes(int... more) {
    for (int b : more) {
      bytes.write(b);
    }
    return this;
  }

  @Override
  byte[] header(int payloadLength) {
    return bytes.toByteArray();
  }
}
