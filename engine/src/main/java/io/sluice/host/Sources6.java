package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * IPv6 source address selection (RFC 6724) as the kernel does it. Immutable; nothing here allocates.
 *
 * <p>Kernel: ipv6_dev_get_saddr() and ipv6_get_saddr_eval() in net/ipv6/addrconf.c; the labels are the default ones of
 * net/ipv6/addrlabel.c.
 */
final class Sources6 {
  private static final int SCOPE_LINK = 2;
  private static final int SCOPE_SITE = 5;
  private static final int SCOPE_GLOBAL = 14;

  /** A candidate, with what the rules ask of it alone. */
  private record Source(
      long hi, long lo, int prefixLength, int device, int scope, int label, boolean orchid, boolean preferred,
      boolean temporary, boolean preferTemporary, boolean optimistic, Optional<IpAddress> result) {}

  private final Source[][] byDevice;
  private final Source[] all;
  private final boolean[] oifOnly;

  /** @param devices by position; a position is what the methods call {@code device} */
  Sources6(List<NetDevice> devices, DeviceConfig[] configs) {
    byDevice = new Source[devices.size()][];
    oifOnly = new boolean[devices.size()];
    List<Source> every = new ArrayList<>();
    for (int d = 0; d < devices.size(); d++) {
      List<Source> own = new ArrayList<>();
      for (InterfaceAddress a : devices.get(d).addresses(Family.IPV6)) {
        if (a.isOurs()) {
          own.add(source(a, d, configs[d]));
        }
      }
      byDevice[d] = own.toArray(new Source[0]);
      oifOnly[d] = configs[d].useOifAddressesOnly6;
      every.addAll(own);
    }
    all = every.toArray(new Source[0]);
  }

  private static Source source(InterfaceAddress a, int device, DeviceConfig config) {
    long hi = a.address().hi();
    long lo = a.address().lo();
    boolean avoid = a.has(InterfaceAddress.Flag.DEPRECATED)
        || a.has(InterfaceAddress.Flag.OPTIMISTIC) && !config.useOptimistic6;
    return new Source(
        hi, lo, a.prefixLength(), device, scope(hi, lo), label(hi, lo), isOrchid(hi), !avoid || isSpecial(hi, lo),
        a.has(InterfaceAddress.Flag.TEMPORARY), config.preferTemporary6, a.has(InterfaceAddress.Flag.OPTIMISTIC),
        Optional.of(a.address()));
  }

  /** __ipv6_addr_src_scope(): 2 link, 5 site, 14 global; of a group what its second byte says; -1 for ::. */
  private static int scope(long hi, long lo) {
    if (IpAddresses.isMulticast(Family.IPV6, hi, lo)) {
      return (int) (hi >>> 48) & 0xf;
    }
    if (hi == 0 && lo == 0) {
      return -1;
    }
    if (IpAddresses.isLinkLocal6(hi) || hi == 0 && lo == 1) {
      return SCOPE_LINK;
    }
    return hi >>> 54 == 0xfec0 >> 6 ? SCOPE_SITE : SCOPE_GLOBAL;
  }

  /** Loopback, IPv4-compatible and IPv4-mapped addresses count as preferred whatever their flags. */
  private static boolean isSpecial(long hi, long lo) {
    return hi == 0 && (lo >>> 32 == 0 || lo >>> 32 == 0xffff);
  }

  private static boolean isOrchid(long hi) {
    return hi >>> 36 == 0x2001001L;
  }

  private static int label(long hi, long lo) {
    if (hi == 0 && lo == 1) {
      return 0;
    }
    if (hi == 0 && lo >>> 32 == 0xffff) {
      return 4;
    }
    if (hi == 0 && lo >>> 32 == 0) {
      return 3;
    }
    if (hi >>> 32 == 0x20010000L) {
      return 6;
    }
    if (isOrchid(hi)) {
      return 7;
    }
    int top = (int) (hi >>> 48);
    if (top == 0x3ffe) {
      return 12;
    }
    if (top == 0x2002) {
      return 2;
    }
    if (top >>> 6 == 0xfec0 >> 6) {
      return 11;
    }
    return top >>> 9 == 0xfc00 >> 9 ? 5 : 1;
  }

  /** The source for a packet to the destination over the interface; empty when there is no address at all. */
  Optional<IpAddress> select(int device, long dstHi, long dstLo) {
    int scope = scope(dstHi, dstLo);
    boolean ownOnly = IpAddresses.isMulticast(Family.IPV6, dstHi, dstLo) || scope <= SCOPE_LINK || oifOnly[device];
    int label = label(dstHi, dstLo);
    Source best = null;
    for (Source s : ownOnly ? byDevice[device] : all) {
      if (best == null || better(s, best, device, dstHi, dstLo, scope, label)) {
        best = s;
      }
    }
    return best == null ? Optional.empty() : best.result;
  }

  /** Whether {@code a} is better than {@code b}: the first rule that tells them apart decides. */
  private static boolean better(Source a, Source b, int device, long dstHi, long dstLo, int scope, int label) {
    int c = Boolean.compare(a.hi == dstHi && a.lo == dstLo, b.hi == dstHi && b.lo == dstLo);
    c = c != 0 ? c : Integer.compare(scopeDistance(a, scope), scopeDistance(b, scope));
    c = c != 0 ? c : Boolean.compare(a.preferred, b.preferred);
    c = c != 0 ? c : Boolean.compare(a.device == device, b.device == device);
    c = c != 0 ? c : Boolean.compare(a.label == label, b.label == label);
    c = c != 0 ? c : Boolean.compare(a.temporary == a.preferTemporary, b.temporary == b.preferTemporary);
    c = c != 0 ? c : Boolean.compare(a.orchid == isOrchid(dstHi), b.orchid == isOrchid(dstHi));
    c = c != 0 ? c : Integer.compare(commonPrefix(a, dstHi, dstLo), commonPrefix(b, dstHi, dstLo));
    c = c != 0 ? c : Boolean.compare(!a.optimistic, !b.optimistic);
    return c > 0;
  }

  /** The smallest scope that reaches is best, then the largest of those that do not. */
  private static int scopeDistance(Source s, int scope) {
    return s.scope >= scope ? -s.scope : s.scope - 128;
  }

  private static int commonPrefix(Source s, long dstHi, long dstLo) {
    int same = s.hi != dstHi
        ? Long.numberOfLeadingZeros(s.hi ^ dstHi)
        : 64 + Long.numberOfLeadingZeros(s.lo ^ dstLo);
    return Math.min(same, s.prefixLength);
  }

  /**
   * nf_nat_redirect_ipv6() in net/netfilter/nf_nat_redirect.c: the interface's first address; for a destination that is not
   * global, the first of the same narrower kind.
   */
  Optional<IpAddress> first(int device, long dstHi, long dstLo) {
    int kind = narrowKind(dstHi, dstLo);
    for (Source s : byDevice[device]) {
      if (kind == 0 || kind == narrowKind(s.hi, s.lo)) {
        return s.result;
      }
    }
    return Optional.empty();
  }

  /** IPV6_ADDR_SCOPE_MASK of ipv6_addr_type(): 1 for this host, 2 for the link, 5 for the site; 0 for all wider ones. */
  private static int narrowKind(long hi, long lo) {
    if (hi == 0 && lo == 1) {
      return 1;
    }
    int scope = scope(hi, lo);
    return scope == 1 || scope == SCOPE_LINK || scope == SCOPE_SITE ? scope : 0;
  }
}
