package io.sluice.packet;

import java.io.ByteArrayOutputStream;

/** An SCTP packet of any chunks (RFC 9260). */
public final class SctpBuilder extends TransportBuilder<SctpBuilder> {
  public static final int DATA = 0;
  public static final int INIT = 1;
  public static final int INIT_ACK = 2;
  public static final int SACK = 3;
  public static final int HEARTBEAT = 4;
  public static final int HEARTBEAT_ACK = 5;
  public static final int ABORT = 6;
  public static final int SHUTDOWN = 7;
  public static final int SHUTDOWN_ACK = 8;
  public static final int COOKIE_ECHO = 10;
  public static final int COOKIE_ACK = 11;
  public static final int SHUTDOWN_COMPLETE = 14;

  private final int sourcePort;
  private final int destinationPort;
  private int verificationTag;
  private final ByteArrayOutputStream chunks = new ByteArrayOutputStream();

  SctpBuilder(PacketBuilder ip, int sourcePort, int destinationPort) {
    super(ip, Protocols.SCTP);
    this.sourcePort = sourcePort;
    this.destinationPort = destinationPort;
  }

  @Override
  SctpBuilder self() {
    return this;
  }

  public SctpBuilder tag(int verificationTag) {
    this.verificationTag = verificationTag;
    return this;
  }

  /** Appends a chunk; its value is padded to a multiple of 4. */
  public SctpBuilder chunk(int type, int flags, int... value) {
    int length = 4 + value.length;
    chunks.write(type);
    chunks.write(flags);
    chunks.write(length >> 8);
    chunks.write(length);
    for (int v : value) {
      chunks.write(v);
    }
    for (int i = length; i % 4 != 0; i++) {
      chunks.write(0);
    }
    return this;
  }

  /** Appends INIT or INIT ACK with an initiate tag and plain values for the rest. */
  public SctpBuilder init(int type, int initiateTag) {
    return chunk(type, 0, initiateTag >> 24, initiateTag >> 16, initiateTag >> 8, initiateTag, 0, 1, 0, 0, 0, 10, 0, 10,
        0, 0, 0, 1);
  }

  @Override
  byte[] header(int payloadLength) {
    byte[] all = chunks.toByteArray();
    byte[] h = new byte[12 + all.length];
    PacketBuilder.put16(h, 0, sourcePort);
    PacketBuilder.put16(h, 2, destinationPort);
    PacketBuilder.put32(h, 4, verificationTag);
    System.arraycopy(all, 0, h, 12, all.length);
    return h;
  }
}
