package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Addresses that have given values in the bits of a mask, which need not be a prefix: a range for each way to fill the bits that
 * the mask leaves open above its last one.
 *
 * <pre>
 *   10.0.7.0 under 255.0.255.0     10.0.7.0-10.0.7.255, 10.1.7.0-10.1.7.255, ... 10.255.7.0-10.255.7.255
 * </pre>
 */
final class AddressBits {
  private AddressBits() {}

  /** The mask of a prefix. */
  static IpAddress prefix(int length, Family family) {
    AddressMask mask = AddressMask.prefix(new IpAddress(family, 0, 0), length);
    return new IpAddress(family, mask.maskHi(), mask.maskLo());
  }

  /** How many ranges the addresses make that have given values in the bits of the mask. */
  static double rangeCount(IpAddress mask, Family family) {
    return Math.pow(2, open(mask, family).size());
  }

  /**
   * The addresses that, with all bits outside the mask and behind a prefix cleared, are this one; none if it has such bits.
   *
   * @param length of the prefix
   */
  static ValueSet masked(IpAddress value, IpAddress mask, int length) {
    Family family = value.family();
    IpAddress prefix = prefix(length, family);
    IpAddress bits = new IpAddress(family, mask.hi() & prefix.hi(), mask.lo() & prefix.lo());
    if ((value.hi() & ~bits.hi() | value.lo() & ~bits.lo()) != 0) {
      return ValueSet.none();
    }
    List<Integer> open = open(bits, family);
    int behind = family.addressBits() - behind(bits);
    if (open.isEmpty()) {
      return ValueSet.prefix(value.hi(), value.lo(), behind, family.addressBits());
    }
    List<ValueSet> ranges = new ArrayList<>();
    for (int filling = 0; filling < 1 << open.size(); filling++) {
      long hi = value.hi();
      long lo = value.lo();
      for (int i = 0; i < open.size(); i++) {
        long bit = (long) (filling >> i & 1) << open.get(i);
        hi |= open.get(i) < Long.SIZE ? 0 : bit;
        lo |= open.get(i) < Long.SIZE ? bit : 0;
      }
      ranges.add(ValueSet.prefix(hi, lo, behind, family.addressBits()));
    }
    return ValueSet.union(ranges);
  }

  /** How many bits there are behind the mask's last one. */
  private static int behind(IpAddress mask) {
    int bits = mask.family().addressBits();
    return Math.min(bits,
        mask.lo() != 0 ? Long.numberOfTrailingZeros(mask.lo()) : Long.SIZE + Long.numberOfTrailingZeros(mask.hi()));
  }

  /** The bits above the mask's last one that it leaves open, numbered from the address' last. */
  private static List<Integer> open(IpAddress mask, Family family) {
    List<Integer> open = new ArrayList<>();
    for (int bit = behind(mask); bit < family.addressBits(); bit++) {
      if (((bit < Long.SIZE ? mask.lo() : mask.hi()) >>> bit & 1) == 0) {
        open.add(bit);
      }
    }
    return open;
  }
}
