package io.sluice.packet.pcap;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Writes a pcapng file of one section: interfaces by name, packets with nanosecond times. Big-endian. */
public final class PcapngWriter implements Closeable {
  private final OutputStream out;
  private int interfaceCount;

  /** Begins the file. */
  public PcapngWriter(OutputStream out) throws IOException {
    this.out = out;
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    put32(body, 0x1a2b3c4d);
    put32(body, 1 << 16);
    put32(body, -1);
    put32(body, -1);
    block(0x0a0d0d0a, body);
  }

  /** Describes an interface and returns its number; {@code linkType} is one of {@link LinkLayer}'s. */
  public int addInterface(String name, int linkType) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    put32(body, linkType << 16);
    put32(body, 0);
    option(body, 2, name.getBytes(StandardCharsets.UTF_8));
    option(body, 9, new byte[] {9});
    put32(body, 0);
    block(1, body);
    return interfaceCount++;
  }

  /** Writes a packet of an interface that {@link #addInterface} has described. */
  public void write(int interfaceNumber, long timeNanos, byte[] data) throws IOException {
    if (interfaceNumber < 0 || interfaceNumber >= interfaceCount) {
      throw new IllegalArgumentException("interface must be in 0.." + (interfaceCount - 1) + ": " + interfaceNumber);
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream(data.length + 24);
    put32(body, interfaceNumber);
    put32(body, (int) (timeNanos >>> 32));
    put32(body, (int) timeNanos);
    put32(body, data.length);
    put32(body, data.length);
    padded(body, data);
    block(6, body);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  private static void option(ByteArrayOutputStream body, int code, byte[] value) {
    put32(body, code << 16 | value.length);
    padded(body, value);
  }

  private static void padded(ByteArrayOutputStream body, byte[] bytes) {
    body.writeBytes(bytes);
    for (int i = bytes.length; i % 4 != 0; i++) {
      body.write(0);
    }
  }

  private void block(int type, ByteArrayOutputStream body) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream(body.size() + 12);
    put32(whole, type);
    put32(whole, body.size() + 12);
    body.writeTo(whole);
    put32(whole, body.size() + 12);
    whole.writeTo(out);
  }

  private static void put32(ByteArrayOutputStream out, int value) {
    out.write(value >>> 24);
    out.write(value >>> 16);
    out.write(value >>> 8);
    out.write(value);
  }
}
