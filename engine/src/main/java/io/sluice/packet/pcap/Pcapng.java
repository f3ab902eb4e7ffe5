package io.sluice.packet.pcap;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The pcapng format: sections of blocks, each section with its own byte order and interfaces. */
final class Pcapng implements CaptureReader.Format {
  private static final int SECTION_HEADER = 0x0a0d0d0a;
  private static final int INTERFACE = 1;
  private static final int OBSOLETE_PACKET = 2;
  private static final int SIMPLE_PACKET = 3;
  private static final int ENHANCED_PACKET = 6;
  private static final int IF_NAME = 2;
  private static final int IF_TSRESOL = 9;
  private static final int IF_TSOFFSET = 14;
  private static final BigInteger SECOND = BigInteger.valueOf(1_000_000_000L);

  /** An interface description block; {@code resolution} as in if_tsresol, {@code offsetSeconds} as in if_tsoffset. */
  private record Interface(String name, int linkType, long snapLength, int resolution, long offsetSeconds) {}

  private final CaptureInput in;
  private final List<Interface> interfaces = new ArrayList<>();
  private long start;

  /** Reads the first section header, of which the block type has been read. */
  Pcapng(CaptureInput in) throws IOException {
    this.in = in;
    section();
  }

  @Override
  public Optional<Frame> next() throws IOException {
    while (true) {
      start = in.offset();
      byte[] type = in.upTo(4);
      if (type.length == 0) {
        return Optional.empty();
      }
      if (type.length < 4) {
        throw in.error(start, "the file ends within a block header (" + type.length + " of 8 bytes)");
      }
      if (in.u32(type, 0) == SECTION_HEADER) {
        section();
        continue;
      }
      byte[] body = body(in.exactly(4, "a block header"));
      switch (in.u32(type, 0)) {
        case INTERFACE:
          describe(body);
          break;
        case ENHANCED_PACKET:
          return Optional.of(packet(body, in.unsigned32(need(body, 20), 0), "an enhanced packet block"));
        case OBSOLETE_PACKET:
          return Optional.of(packet(body, in.u16(need(body, 20), 0), "a packet block"));
        case SIMPLE_PACKET:
          return Optional.of(simple(need(body, 4)));
        default:
          // Name resolution, statistics, custom blocks: nothing that a packet's fate depends on.
      }
    }
  }

  /** Reads a section header behind its block type: it says in which byte order its own length is. */
  private void section() throws IOException {
    byte[] length = in.exactly(4, "a section header");
    byte[] magic = in.exactly(4, "a section header");
    in.setLittleEndian(false);
    if (in.u32(magic, 0) == 0x4d3c2b1a) {
      in.setLittleEndian(true);
    } else if (in.u32(magic, 0) != 0x1a2b3c4d) {
      throw in.error(start + 8, "not a section header: byte-order magic expected");
    }
    int size = checkedLength(length, 28);
    byte[] rest = in.exactly(size - 12, "a section header");
    checkTrailer(rest, size);
    if (in.u16(rest, 0) != 1) {
      throw in.error(start + 12, "pcapng version " + in.u16(rest, 0) + " is not supported, expected 1");
    }
    interfaces.clear();
  }

  private int checkedLength(byte[] length, int least) throws CaptureException {
    long size = in.unsigned32(length, 0);
    if (size < least || size % 4 != 0 || size > CaptureInput.MAX_BLOCK) {
      throw in.error(start + 4, "a block of " + size + " bytes: the file is damaged");
    }
    return (int) size;
  }

  private void checkTrailer(byte[] rest, int size) throws CaptureException {
    if (in.u32(rest, rest.length - 4) != size) {
      throw in.error(start + size - 4, "the block's two lengths differ: " + size + " and "
          + in.unsigned32(rest, rest.length - 4));
    }
  }

  private byte[] body(byte[] length) throws IOException {
    int size = checkedLength(length, 12);
    byte[] rest = in.exactly(size - 8, "a block");
    checkTrailer(rest, size);
    return Arrays.copyOf(rest, size - 12);
  }

  private byte[] need(byte[] body, int bytes) throws CaptureException {
    if (body.length < bytes) {
      throw in.error(start, "a block of " + (body.length + 12) + " bytes is too short for its type");
    }
    return body;
  }

  private void describe(byte[] body) throws CaptureException {
    need(body, 8);
    String name = "";
    int resolution = 6;
    long offsetSeconds = 0;
    int at = 8;
    while (at + 4 <= body.length) {
      int code = in.u16(body, at);
      int length = in.u16(body, at + 2);
      if (code == 0) {
        break;
      }
      if (at + 4 + length > body.length) {
        throw in.error(start + 8 + at, "an option of " + length + " bytes goes past its block");
      }
      if (code == IF_NAME) {
        name = new String(body, at + 4, length, StandardCharsets.UTF_8).replace("\0", "");
      } else if (code == IF_TSRESOL && length >= 1) {
        resolution = body[at + 4] & 0xff;
      } else if (code == IF_TSOFFSET && length >= 8) {
        long first = in.unsigned32(body, at + 4);
        long second = in.unsigned32(body, at + 8);
        offsetSeconds = in.isLittleEndian() ? second << 32 | first : first << 32 | second;
      }
      at += 4 + (length + 3) / 4 * 4;
    }
    interfaces.add(new Interface(name, in.u16(body, 0), in.unsigned32(body, 4), resolution, offsetSeconds));
  }

  private Interface interfaceOf(long index) throws CaptureException {
    if (index >= interfaces.size()) {
      throw in.error(start, "a packet of interface " + index + ", but the section describes " + interfaces.size());
    }
    Interface i = interfaces.get((int) index);
    if (!LinkLayer.isSupported(i.linkType())) {
      throw in.error(start, "interface " + index + (i.name().isEmpty() ? "" : " (" + i.name() + ")") + " has link type "
          + i.linkType() + ", which is not supported");
    }
    return i;
  }

  private Frame packet(byte[] body, long index, String what) throws CaptureException {
    Interface i = interfaceOf(index);
    long captured = in.unsigned32(body, 12);
    if (captured > body.length - 20) {
      throw in.error(start + 20, what + " of " + captured + " captured bytes is shorter than that");
    }
    byte[] data = Arrays.copyOfRange(body, 20, 20 + (int) captured);
    long ticks = in.unsigned32(body, 4) << 32 | in.unsigned32(body, 8);
    return new Frame(in.countFrame(), nanos(i, ticks), i.name(), i.linkType(), data, in.u32(body, 16), start);
  }

  private Frame simple(byte[] body) throws CaptureException {
    Interface i = interfaceOf(0);
    long original = in.unsigned32(body, 0);
    long captured = Math.min(original, i.snapLength() == 0 ? original : i.snapLength());
    if (captured > body.length - 4) {
      throw in.error(start + 8, "a simple packet block of " + captured + " bytes is shorter than that");
    }
    byte[] data = Arrays.copyOfRange(body, 4, 4 + (int) captured);
    return new Frame(in.countFrame(), 0, i.name(), i.linkType(), data, (int) original, start);
  }

  /** Ticks of 10^-n or, with the high bit set, 2^-n seconds, as nanoseconds; what does not fit is cut to 64 bits. */
  private static long nanos(Interface i, long ticks) {
    if (i.resolution() == 9) {
      return ticks + i.offsetSeconds() * 1_000_000_000L;
    }
    if (i.resolution() == 6) {
      return ticks * 1_000 + i.offsetSeconds() * 1_000_000_000L;
    }
    BigInteger scaled = new BigInteger(Long.toUnsignedString(ticks)).multiply(SECOND);
    int n = i.resolution() & 0x7f;
    BigInteger nanos = (i.resolution() & 0x80) != 0 ? scaled.shiftRight(n) : scaled.divide(BigInteger.TEN.pow(n));
    return nanos.longValue() + i.offsetSeconds() * 1_000_000_000L;
  }
}
