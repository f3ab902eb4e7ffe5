package io.sluice.packet;

/** The Internet checksum (RFC 1071) and its incremental update (RFC 1624). */
public final class Checksums {
  private Checksums() {}

  /** The one's-complement sum of {@code data[from, to)} folded to 16 bits, not inverted: 0xffff when a sum is right. */
  public static int sum(byte[] data, int from, int to) {
    return fold(add(0, data, from, to));
  }

  static long add(long sum, byte[] data, int from, int to) {
    int i = from;
    for (; i + 1 < to; i += 2) {
      sum += (data[i] & 0xff) << 8 | data[i + 1] & 0xff;
    }
    if (i < to) {
      sum += (data[i] & 0xff) << 8;
    }
    return sum;
  }

  static int fold(long sum) {
    while (sum >>> 16 != 0) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return (int) sum;
  }

  /** Repairs the 16-bit checksum at {@code offset} after a covered 16-bit word changed. */
  public static void replace16(Packet p, int offset, int before, int after) {
    int sum = ~p.u16(offset) & 0xffff;
    p.putU16(offset, ~fold((long) sum + (~before & 0xffff) + (after & 0xffff)));
  }

  /** Repairs the 16-bit checksum at {@code offset} after a covered 32-bit word changed. */
  public static void replace32(Packet p, int offset, int before, int after) {
    int sum = ~p.u16(offset) & 0xffff;
    p.putU16(offset, ~fold((long) sum + (~before >>> 16 & 0xffff) + (~before & 0xffff) + (after >>> 16) + (after & 0xffff)));
  }
}
