package io.sluice.packet;

import java.util.Arrays;

/** An ICMP (RFC 792) or ICMPv6 (RFC 4443) message. */
public final class IcmpBuilder extends TransportBuilder<IcmpBuilder> {
  private final int type;
  private final int code;
  private int rest;

  IcmpBuilder(PacketBuilder ip, int protocol, int type, int code) {
    super(ip, protocol);
    this.type = type;
    this.code = code;
  }

  @Override
  IcmpBuilder self() {
    return this;
  }

  /** Identifier and sequence number of a query. */
  public IcmpBuilder echo(int id, int sequence) {
    return rest((id & 0xffff) << 16 | sequence & 0xffff);
  }

  /** The second four bytes of the header: MTU, pointer, gateway ... */
  public IcmpBuilder rest(int rest) {
    this.rest = rest;
    return this;
  }

  /** Quotes the first {@code bytes} bytes of a packet, as an error does. */
  public IcmpBuilder quote(byte[] packet, int bytes) {
    return payload(Arrays.copyOf(packet, Math.min(bytes, packet.length)));
  }

  @Override
  byte[] header(int payloadLength) {
    byte[] h = new byte[8];
    h[0] = (byte) type;
    h[1] = (byte) code;
    PacketBuilder.put32(h, 4, rest);
    return h;
  }
}
