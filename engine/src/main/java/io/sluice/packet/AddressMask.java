package io.sluice.packet;

import io.sluice.netfilter.Family;

/**
 * An address under a mask, as in {@code -s 10.0.0.0/8} or {@code -d 10.0.0.1/255.0.255.0}: masks need not be prefixes.
 * The address has no bit outside the mask.
 */
public record AddressMask(Family family, long hi, long lo, long maskHi, long maskLo) {

  public AddressMask {
    hi &= maskHi;
    lo &= maskLo;
  }

  /** The network of {@code address} with the first {@code bits} bits; {@code bits} in 0..32 or 0..128. */
  public static AddressMask prefix(IpAddress address, int bits) {
    Family family = address.family();
    if (bits < 0 || bits > family.addressBits()) {
      throw new IllegalArgumentException("prefix length must be in 0.." + family.addressBits() + ": bits=" + bits);
    }
    long maskHi = 0;
    long maskLo;
    if (family == Family.IPV4) {
      maskLo = bits == 0 ? 0 : 0xffff_ffffL << 32 - bits & 0xffff_ffffL;
    } else {
      maskHi = bits == 0 ? 0 : bits >= 64 ? -1L : -1L << 64 - bits;
      maskLo = bits <= 64 ? 0 : -1L << 128 - bits;
    }
    return new AddressMask(family, address.hi(), address.lo(), maskHi, maskLo);
  }

  /** All addresses of a family. */
  public static AddressMask any(Family family) {
    return new AddressMask(family, 0, 0, 0, 0);
  }

  /** Whether the address, given as two longs, is in here. The caller answers for the family. */
  public boolean matches(long addressHi, long addressLo) {
    return ((addressHi & maskHi) ^ hi | (addressLo & maskLo) ^ lo) == 0;
  }

  /** Whether every address is in here. */
  public boolean isAny() {
    return (maskHi | maskLo) == 0;
  }

  /** The prefix length, or -1 if the mask is not a prefix. */
  public int prefixLength() {
    if (family == Family.IPV4) {
      int ones = Long.bitCount(maskLo);
      return maskLo == (ones == 0 ? 0 : 0xffff_ffffL << 32 - ones & 0xffff_ffffL) ? ones : -1;
    }
    int ones = Long.bitCount(maskHi) + Long.bitCount(maskLo);
    return equals(prefix(new IpAddress(family, hi, lo), ones)) ? ones : -1;
  }

  public IpAddress address() {
    return new IpAddress(family, hi, lo);
  }

  /** {@code address/length}, or {@code address/mask} when the mask is not a prefix. */
  @Override
  public String toString() {
    int bits = prefixLength();
    return address() + "/" + (bits >= 0 ? Integer.toString(bits) : new IpAddress(family, maskHi, maskLo).toString());
  }
}
