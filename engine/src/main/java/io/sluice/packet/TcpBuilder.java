package io.sluice.packet;

import java.io.ByteArrayOutputStream;

/** A TCP segment (RFC 9293). */
public final class TcpBuilder extends TransportBuilder<TcpBuilder> {
  private static final String FLAGS = "FSRPAUEW";

  private final int sourcePort;
  private final int destinationPort;
  private int seq;
  private int ack;
  private int flags;
  private int window = 65535;
  private int urgent;
  private int reserved;
  private int dataOffset = -1;
  private final ByteArrayOutputStream options = new ByteArrayOutputStream();

  TcpBuilder(PacketBuilder ip, int sourcePort, int destinationPort) {
    super(ip, Protocols.TCP);
    this.sourcePort = sourcePort;
    this.destinationPort = destinationPort;
  }

  @Override
  TcpBuilder self() {
    return this;
  }

  /** Flags by the letters that tcpdump uses, in any order: F S R P A U E W. */
  public TcpBuilder flags(String letters) {
    flags = 0;
    for (char c : letters.toCharArray()) {
      int bit = FLAGS.indexOf(c);
      if (bit < 0) {
        throw new IllegalArgumentException("TCP flags are letters of " + FLAGS + ": " + letters);
      }
      flags |= 1 << bit;
    }
    return this;
  }

  /** Flags as the byte in the header. */
  public TcpBuilder flags(int bits) {
    flags = bits;
    return this;
  }

  public TcpBuilder seq(long seq) {
    this.seq = (int) seq;
    return this;
  }

  public TcpBuilder ack(long ack) {
    this.ack = (int) ack;
    return this;
  }

  public TcpBuilder window(int window) {
    this.window = window;
    return this;
  }

  public TcpBuilder urgent(int pointer) {
    this.urgent = pointer;
    return this;
  }

  /** The four bits between data offset and flags. */
  public TcpBuilder reserved(int bits) {
    this.reserved = bits;
    return this;
  }

  /** Makes the data offset lie, in words. */
  public TcpBuilder dataOffset(int words) {
    this.dataOffset = words;
    return this;
  }

  public TcpBuilder mss(int mss) {
    return option(2, 4, mss >> 8, mss);
  }

  public TcpBuilder windowScale(int shift) {
    return option(3, 3, shift);
  }

  public TcpBuilder sackPermitted() {
    return option(4, 2);
  }

  /** One SACK block. */
  public TcpBuilder sack(long left, long right) {
    int l = (int) left;
    int r = (int) right;
    return option(5, 10, l >> 24, l >> 16, l >> 8, l, r >> 24, r >> 16, r >> 8, r);
  }

  public TcpBuilder timestamps(long value, long echo) {
    int v = (int) value;
    int e = (int) echo;
    return option(8, 10, v >> 24, v >> 16, v >> 8, v, e >> 24, e >> 16, e >> 8, e);
  }

  /** Raw option bytes; the header is filled up to a multiple of 4 with "end of options". */
  public TcpBuilder option(int... bytes) {
    for (int b : bytes) {
      options.write(b);
    }
    return this;
  }

  @Override
  byte[] header(int payloadLength) {
    int size = 20 + (options.size() + 3) / 4 * 4;
    byte[] h = new byte[size];
    PacketBuilder.put16(h, 0, sourcePort);
    PacketBuilder.put16(h, 2, destinationPort);
    PacketBuilder.put32(h, 4, seq);
    PacketBuilder.put32(h, 8, ack);
    h[12] = (byte) ((dataOffset >= 0 ? dataOffset : size / 4) << 4 | reserved & 0xf);
    h[13] = (byte) flags;
    PacketBuilder.put16(h, 14, window);
    PacketBuilder.put16(h, 18, urgent);
    System.arraycopy(options.toByteArray(), 0, h, 20, options.size());
    return h;
  }
}
