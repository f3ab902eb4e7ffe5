package io.sluice.ipset;

import io.sluice.netfilter.Family;
import java.util.function.Supplier;

/**
 * Takes the ranges of an {@code add} or {@code del} line apart into single elements: addresses one by one, networks as
 * the fewest prefixes that cover a range, ports one by one.
 *
 * <p>Kernel: the {@code _uadt} functions of net/netfilter/ipset/ip_set_hash_*.c, ip_set_range_to_cidr() in pfxlen.c.
 */
final class ElementRange {
  private final SetType type;
  private final Family family;
  private final boolean masked;
  private final int step;
  private final long maskHi;
  private final long maskLo;
  private SetElement e;
  private ElementKey key;
  private Supplier<SetResult> action;

  ElementRange(SetHeader header, long maskHi, long maskLo) {
    this.type = header.type();
    this.family = header.family();
    this.masked = header.netmask().isPresent() || header.bitmask().isPresent();
    this.step = type == SetType.HASH_IP && family == Family.IPV4 && header.netmask().isPresent()
        ? 32 - header.netmask().getAsInt() : 0;
    this.maskHi = maskHi;
    this.maskLo = maskLo;
  }

  /** Runs {@code action} with {@code key} on each element; stops at the first that does not answer OK. */
  SetResult apply(SetElement element, ElementKey into, Supplier<SetResult> each) {
    e = element;
    key = into;
    action = each;
    if (type == SetType.HASH_MAC) {
      return e.mac == 0 ? SetResult.NULL_ELEMENT : action.get();
    }
    SetResult checked = check();
    if (checked != SetResult.OK) {
      return checked;
    }
    return family == Family.IPV6 ? single() : addresses();
  }

  /** As {@link #apply}, on the first element only. */
  SetResult first(SetElement element, ElementKey into, Supplier<SetResult> each) {
    e = element;
    key = into;
    action = each;
    SetResult checked = type == SetType.HASH_MAC ? SetResult.OK : check();
    if (checked != SetResult.OK || type == SetType.HASH_MAC) {
      return checked == SetResult.OK ? action.get() : checked;
    }
    int portTo = e.portTo;
    e.portTo = SetElement.NONE;
    try {
      return single();
    } finally {
      e.portTo = portTo;
    }
  }

  private SetResult check() {
    int bits = family.addressBits();
    boolean noZero = type == SetType.HASH_IP || type == SetType.HASH_IP_PORT;
    if (noZero && (e.hi & maskHi | e.lo & maskLo) == 0) {
      return SetResult.NULL_ELEMENT;
    }
    boolean badFirst = e.cidr == 0 && !type.allowsZeroPrefix() || e.cidr > bits;
    boolean badSecond = e.cidr2 == 0 && !type.allowsZeroPrefix() || e.cidr2 > bits;
    if (badFirst || badSecond) {
      return SetResult.INVALID_CIDR;
    }
    if (type == SetType.HASH_IP_MAC && e.mac == 0) {
      return SetResult.NULL_ELEMENT;
    }
    boolean all = type.isNet() && e.range && span(e.lo, e.toLo) || type.isNet2() && e.range2 && span(e.lo2, e.toLo2);
    return all ? SetResult.RANGE_TOO_LARGE : SetResult.OK;
  }

  private static boolean span(long a, long b) {
    return Math.abs(a - b) == 0xffff_ffffL;
  }

  /** One address or network, as written: IPv6 has no ranges. */
  private SetResult single() {
    int bits = family.addressBits();
    int cidr = type.isNet() && e.cidr >= 0 ? e.cidr : bits;
    int cidr2 = type.isNet2() && e.cidr2 >= 0 ? e.cidr2 : bits;
    boolean cut = !type.isNet() && masked;
    key.hi = e.hi & (cut ? maskHi : IpSet.mask(family, cidr, true));
    key.lo = e.lo & (cut ? maskLo : IpSet.mask(family, cidr, false));
    key.cidr = type.isNet() ? cidr : 0;
    long hi2 = e.hi2 & IpSet.mask(family, cidr2, true);
    long lo2 = e.lo2 & IpSet.mask(family, cidr2, false);
    int last = Math.max(e.port, e.portTo);
    for (int port = e.portTo < 0 ? e.port : Math.min(e.port, e.portTo); port <= last; port++) {
      SetResult result = put(port, hi2, lo2, cidr2);
      if (result != SetResult.OK) {
        return result;
      }
    }
    return SetResult.OK;
  }

  private SetResult put(int port, long hi2, long lo2, int cidr2) {
    key.protocol = e.protocol;
    key.port = port;
    key.hi2 = hi2;
    key.lo2 = lo2;
    key.cidr2 = type.isNet2() ? cidr2 : 0;
    return action.get();
  }

  private SetResult addresses() {
    // Only the first address is masked, as in the kernel: with a netmask the steps keep the others on its grid.
    long first = !type.isNet() && masked ? e.lo & maskLo : e.lo;
    long from = first;
    long to = first;
    if (e.range) {
      from = Math.min(first, e.toLo);
      to = Math.max(first, e.toLo);
    } else if (e.cidr >= 0) {
      long mask = IpSet.mask(family, e.cidr, false);
      from = first & mask;
      to = from | ~mask & 0xffff_ffffL;
    }
    while (from <= to) {
      int cidr = type.isNet() ? (e.range ? blockPrefix(from, to) : e.cidr >= 0 ? e.cidr : 32) : 32;
      key.hi = 0;
      key.lo = from;
      key.cidr = type.isNet() ? cidr : 0;
      SetResult result = ports();
      if (result != SetResult.OK) {
        return result;
      }
      from += type.isNet() ? 1L << 32 - cidr : 1L << step;
    }
    return SetResult.OK;
  }

  private SetResult ports() {
    int last = Math.max(e.port, e.portTo);
    for (int port = e.portTo < 0 ? e.port : Math.min(e.port, e.portTo); port <= last; port++) {
      SetResult result = secondAddresses(port);
      if (result != SetResult.OK) {
        return result;
      }
    }
    return SetResult.OK;
  }

  private SetResult secondAddresses(int port) {
    int given = type.isNet2() && e.cidr2 >= 0 ? e.cidr2 : 32;
    long from = e.lo2 & IpSet.mask(family, given, false);
    long to = from;
    if (e.range2) {
      from = Math.min(e.lo2, e.toLo2);
      to = Math.max(e.lo2, e.toLo2);
    }
    while (from <= to) {
      int cidr = e.range2 ? blockPrefix(from, to) : given;
      SetResult result = put(port, 0, from, cidr);
      if (result != SetResult.OK) {
        return result;
      }
      from += 1L << 32 - cidr;
    }
    return SetResult.OK;
  }

  /**
   * The shortest prefix that begins at {@code from} and does not reach beyond {@code to}. ip_set_range_to_cidr() compares as
   * 32 bits with a sign: what ends 2^31 or more below {@code to} is beyond it.
   */
  private static int blockPrefix(long from, long to) {
    int prefix = Math.max(1, 32 - Long.numberOfTrailingZeros(from | 1L << 32));
    while (prefix < 32 && (int) to - (int) (from | 0xffff_ffffL >> prefix) < 0) {
      prefix++;
    }
    return prefix;
  }
}
