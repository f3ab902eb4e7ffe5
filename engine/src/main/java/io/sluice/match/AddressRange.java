package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;

/** {@code first-last}, inclusive, or a single address, as {@code -m iprange} writes it. May run backwards: empty then. */
record AddressRange(IpAddress first, IpAddress last) {

  static AddressRange parse(Argument argument, Family family) {
    int dash = argument.text().indexOf('-');
    if (dash < 0) {
      IpAddress only = address(argument, family);
      return new AddressRange(only, only);
    }
    return new AddressRange(address(argument.part(0, dash), family),
        address(argument.part(dash + 1, argument.text().length()), family));
  }

  /** An address; for IPv4 also with fewer than four numbers, the missing ones 0 (xtables_numeric_to_ipaddr()). */
  private static IpAddress address(Argument argument, Family family) {
    return argument.dottedAddress(family);
  }

  boolean holds(long hi, long lo) {
    return compare(first.hi(), first.lo(), hi, lo) <= 0 && compare(hi, lo, last.hi(), last.lo()) <= 0;
  }

  private static int compare(long hi, long lo, long otherHi, long otherLo) {
    int c = Long.compareUnsigned(hi, otherHi);
    return c != 0 ? c : Long.compareUnsigned(lo, otherLo);
  }

  boolean isEmpty() {
    return first.compareTo(last) > 0;
  }

  @Override
  public String toString() {
    return first + "-" + last;
  }
}
