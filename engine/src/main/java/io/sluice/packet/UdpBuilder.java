package io.sluice.packet;

/** A UDP (RFC 768) or UDP-Lite (RFC 3828) datagram. */
public final class UdpBuilder extends TransportBuilder<UdpBuilder> {
  private final int sourcePort;
  private final int destinationPort;
  private int length = -1;

  UdpBuilder(PacketBuilder ip, int protocol, int sourcePort, int destinationPort) {
    super(ip, protocol);
    this.sourcePort = sourcePort;
    this.destinationPort = destinationPort;
  }

  @Override
  UdpBuilder self() {
    return this;
  }

  /** UDP's length, which may lie; UDP-Lite's checksum coverage, 0 (all) unless given. */
  public UdpBuilder length(int length) {
    this.length = length;
    return this;
  }

  @Override
  byte[] header(int payloadLength) {
    byte[] h = new byte[8];
    PacketBuilder.put16(h, 0, sourcePort);
    PacketBuilder.put16(h, 2, destinationPort);
    int usual = protocol() == Protocols.UDP ? 8 + payloadLength : 0;
    PacketBuilder.put16(h, 4, length >= 0 ? length : usual);
    return h;
  }
}
