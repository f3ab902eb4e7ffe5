package io.sluice.packet;

/** A DCCP packet with 48-bit sequence numbers (RFC 4340). */
public final class DccpBuilder extends TransportBuilder<DccpBuilder> {
  private static final int REQUEST = 0;
  private static final int RESPONSE = 1;
  private static final int DATA = 2;
  private static final int RESET = 7;

  private final int sourcePort;
  private final int destinationPort;
  private final int type;
  private long seq;
  private long ack;
  private int coverage;

  DccpBuilder(PacketBuilder ip, int sourcePort, int destinationPort, int type) {
    super(ip, Protocols.DCCP);
    this.sourcePort = sourcePort;
    this.destinationPort = destinationPort;
    this.type = type;
  }

  @Override
  DccpBuilder self() {
    return this;
  }

  public DccpBuilder seq(long seq) {
    this.seq = seq;
    return this;
  }

  public DccpBuilder ack(long ack) {
    this.ack = ack;
    return this;
  }

  /** CsCov: 0 covers everything. */
  public DccpBuilder coverage(int coverage) {
    this.coverage = coverage;
    return this;
  }

  @Override
  byte[] header(int payloadLength) {
    int size = type == DATA ? 16 : type == REQUEST ? 20 : type == RESPONSE || type == RESET ? 28 : 24;
    byte[] h = new byte[size];
    PacketBuilder.put16(h, 0, sourcePort);
    PacketBuilder.put16(h, 2, destinationPort);
    h[4] = (byte) (size / 4);
    h[5] = (byte) (coverage & 0xf);
    h[8] = (byte) (type << 1 | 1);
    PacketBuilder.put16(h, 10, (int) (seq >>> 32));
    PacketBuilder.put32(h, 12, (int) seq);
    if (type != DATA && type != REQUEST) {
      PacketBuilder.put16(h, 18, (int) (ack >>> 32));
      PacketBuilder.put32(h, 20, (int) ack);
    }
    return h;
  }
}
