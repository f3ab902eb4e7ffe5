package io.sluice.packet.pcap;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads a capture file, classic pcap or pcapng, frame by frame.
 *
 * <p>Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */
public final class CaptureReader implements Closeable {

  /** One of the formats. */
  interface Format {
    /** The next frame; empty at the proper end of the file. */
    Optional<Frame> next() throws IOException;
  }

  private final CaptureInput in;
  private final Format format;
  private CaptureException failure;

  private CaptureReader(CaptureInput in, Format format) {
    this.in = in;
    this.format = format;
  }

  /** Opens a file. */
  public static CaptureReader open(Path file) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      return open(in, file.toString());
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /** Reads from a stream; {@code name} is what messages call it. */
  public static CaptureReader open(InputStream stream, String name) throws IOException {
    CaptureInput in = new CaptureInput(stream, name);
    byte[] magic = in.exactly(4, "the file's magic number");
    switch (in.u32(magic, 0)) {
      case 0x0a0d0d0a:
        return new CaptureReader(in, new Pcapng(in));
      case 0xa1b2c3d4:
        return classic(in, false, 1_000);
      case 0xa1b23c4d:
        return classic(in, false, 1);
      case 0xd4c3b2a1:
        return classic(in, true, 1_000);
      case 0x4d3cb2a1:
        return classic(in, true, 1);
      default:
        throw in.error(0, "not a capture file: it begins with 0x" + String.format("%08x", in.u32(magic, 0))
            + ", expected a pcap or pcapng magic number");
    }
  }

  private static CaptureReader classic(CaptureInput in, boolean littleEndian, int tickNanos) throws IOException {
    in.setLittleEndian(littleEndian);
    return new CaptureReader(in, new ClassicPcap(in, tickNanos));
  }

  /**
   * The next frame; empty at the end of the file.
   *
   * @throws CaptureException if the file is damaged or cut short here; asking again says the same
   */
  public Optional<Frame> next() throws IOException {
    if (failure != null) {
      throw failure;
    }
    try {
      return format.next();
    } catch (CaptureException e) {
      failure = e;
      throw e;
    }
  }

  /** How many frames have been read. */
  public long frameCount() {
    return in.frameCount();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
