package io.sluice.packet.pcap;

import java.io.IOException;
import java.io.InputStream;

/** A stream that knows where it is and in which byte order it is read. */
final class CaptureInput {
  /** More than any frame or block that a capture program writes. */
  static final int MAX_BLOCK = 64 << 20;

  private final InputStream in;
  private final String file;
  private long offset;
  private boolean littleEndian;
  private long frameCount;

  CaptureInput(InputStream in, String file) {
    this.in = in;
    this.file = file;
  }

  long offset() {
    return offset;
  }

  void setLittleEndian(boolean littleEndian) {
    this.littleEndian = littleEndian;
  }

  boolean isLittleEndian() {
    return littleEndian;
  }

  long frameCount() {
    return frameCount;
  }

  long countFrame() {
    return frameCount++;
  }

  void close() throws IOException {
    in.close();
  }

  CaptureException error(long at, String message) {
    return new CaptureException(file, at, frameCount, message);
  }

  /** Reads exactly {@code count} bytes; at the end of the file a shorter array, maybe empty. */
  byte[] upTo(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    offset += bytes.length;
    return bytes;
  }

  /** Reads exactly {@code count} bytes of {@code what}. */
  byte[] exactly(int count, String what) throws IOException {
    long start = offset;
    byte[] bytes = upTo(count);
    if (bytes.length < count) {
      throw error(start, "the file ends within " + what + " (" + bytes.length + " of " + count + " bytes)");
    }
    return bytes;
  }

  int u16(byte[] b, int at) {
    int first = b[at] & 0xff;
    int second = b[at + 1] & 0xff;
    return littleEndian ? second << 8 | first : first << 8 | second;
  }

  int u32(byte[] b, int at) {
    int first = u16(b, at);
    int second = u16(b, at + 2);
    return littleEndian ? second << 16 | first : first << 16 | second;
  }

  long unsigned32(byte[] b, int at) {
    return u32(b, at) & 0xffff_ffffL;
  }
}
