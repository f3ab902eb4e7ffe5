package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;

/** What an address is by its bits alone: the ipv4_is_…() of include/linux/in.h, ipv6_addr_type() of addrconf_core.c. */
public final class IpAddresses {
  private static final long FF02 = 0xff02L << 48;

  private IpAddresses() {}

  /** 224.0.0.0/4, ff00::/8. */
  public static boolean isMulticast(Family family, long hi, long lo) {
    return family == Family.IPV4 ? lo >>> 28 == 0xe : hi >>> 56 == 0xff;
  }

  /** 224.0.0.1, ff02::1: the group that every host is in. */
  public static IpAddress allHosts(Family family) {
    return family == Family.IPV4 ? new IpAddress(family, 0, 0xe000_0001L) : new IpAddress(family, FF02, 1);
  }

  /** 127.0.0.0/8, ::1. */
  public static boolean isLoopback(Family family, long hi, long lo) {
    return family == Family.IPV4 ? lo >>> 24 == 127 : hi == 0 && lo == 1;
  }

  /** 0.0.0.0, ::. */
  public static boolean isUnspecified(long hi, long lo) {
    return (hi | lo) == 0;
  }

  /** 255.255.255.255. */
  public static boolean isLimitedBroadcast(Family family, long lo) {
    return family == Family.IPV4 && lo == 0xffff_ffffL;
  }

  /** ipv4_is_zeronet(): as of Linux 5.3 only 0.0.0.0, no more all of 0.0.0.0/8. */
  public static boolean isZeroNet4(long lo) {
    return lo == 0;
  }

  /** 224.0.0.0/24: groups that no router forwards. */
  public static boolean isLocalMulticast4(long lo) {
    return lo >>> 8 == 0xe00000;
  }

  /** fe80::/10. */
  public static boolean isLinkLocal6(long hi) {
    return hi >>> 54 == 0xfe80 >> 6;
  }

  /** ff02::1:ff00:0/104: the group that asks for the owner of an address. */
  static boolean isSolicitedNode6(long hi, long lo) {
    return hi == FF02 && lo >>> 24 == 0x1ff;
  }

  /** rt6_need_strict(): an address that means nothing without an interface. */
  static boolean needsInterface6(long hi, long lo) {
    return isMulticast(Family.IPV6, hi, lo) || isLinkLocal6(hi) || isLoopback(Family.IPV6, hi, lo);
  }
}
