package io.sluice.packet.pcap;

import java.io.IOException;
import java.util.Optional;

/** The classic format: a file header, then records of one link type. */
final class ClassicPcap implements CaptureReader.Format {
  private final CaptureInput in;
  private final int tickNanos;
  private final int linkType;

  /** Reads the file header behind the magic number. */
  ClassicPcap(CaptureInput in, int tickNanos) throws IOException {
    this.in = in;
    this.tickNanos = tickNanos;
    byte[] header = in.exactly(20, "the file header");
    // The upper half of the word may tell of a frame check sequence.
    this.linkType = in.u32(header, 16) & 0xffff;
    if (!LinkLayer.isSupported(linkType)) {
      throw in.error(20, "link type " + linkType + " is not supported");
    }
  }

  @Override
  public Optional<Frame> next() throws IOException {
    long start = in.offset();
    byte[] header = in.upTo(16);
    if (header.length == 0) {
      return Optional.empty();
    }
    if (header.length < 16) {
      throw in.error(start, "the file ends within a packet header (" + header.length + " of 16 bytes)");
    }
    long captured = in.unsigned32(header, 8);
    if (captured > CaptureInput.MAX_BLOCK) {
      throw in.error(start + 8, "a packet of " + captured + " captured bytes: the file is damaged");
    }
    long nanos = in.unsigned32(header, 0) * 1_000_000_000L + in.unsigned32(header, 4) * tickNanos;
    byte[] data = in.exactly((int) captured, "a packet");
    return Optional.of(new Frame(in.countFrame(), nanos, "", linkType, data, in.u32(header, 12), start));
  }
}
