package io.sluice.compile;

/**
 * One dimension of the packets a {@link Classifier} tells apart: a name for messages and its width in bits.
 *
 * <p>A packet carries a field in {@link #words()} ints, the most significant first: one for everything up to 32 bits
 * (ports, marks, IPv4 addresses), four for an IPv6 address. Values are unsigned.
 */
public record Field(String name, int bits) {

  /** Fields up to this width are read from a table with an entry for every value. */
  static final int TABLE_BITS = 16;

  public Field {
    if (bits < 1 || bits > 128) throw new IllegalArgumentException("bits must be in 1..128: bits=" + bits);
  }

  /** How many ints of a packet this field takes. */
  public int words() {
    return (bits + 31) >>> 5;
  }
}
