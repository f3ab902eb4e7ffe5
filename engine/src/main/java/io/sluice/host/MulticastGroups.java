package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.List;

/**
 * The multicast groups that an interface is in: those that the kernel itself joins, and those that a dump shows, which programs
 * have joined.
 *
 * <p>Kernel: ip_mc_up() in net/ipv4/igmp.c; ipv6_mc_init_dev(), addrconf_join_solict() and dev_forward_change() in
 * net/ipv6.
 */
final class MulticastGroups {
  private static final long ALL_HOSTS_4 = 0xe0000001L;
  private static final long FF01 = 0xff01L << 48;
  private static final long FF02 = 0xff02L << 48;
  private static final long FF05 = 0xff05L << 48;

  /** The lower 24 bits of the interface's IPv6 addresses. */
  private final LongOpenHashSet solicited = new LongOpenHashSet();
  private final boolean router6;
  private final IpAddress[] shown;

  MulticastGroups(NetDevice device, boolean forwards6, List<JoinedGroup> all) {
    shown = all.stream().filter(joined -> joined.device().equals(device.name())).map(JoinedGroup::group).toArray(IpAddress[]::new);
    router6 = forwards6 && device.multicast();
    if (device.isLoopback() || !device.arp()) {
      return;
    }
    for (InterfaceAddress a : device.addresses(Family.IPV6)) {
      solicited.add(a.address().lo() & 0xff_ffff);
      if (forwards6 && a.prefixLength() < 127) {
        // The subnet-router anycast address of the network: host part zero.
        solicited.add(a.network().lo() & 0xff_ffff);
      }
    }
  }

  boolean joined(Family family, long hi, long lo) {
    for (IpAddress group : shown) {
      if (group.family() == family && group.hi() == hi && group.lo() == lo) {
        return true;
      }
    }
    if (family == Family.IPV4) {
      return lo == ALL_HOSTS_4;
    }
    if (IpAddresses.isSolicitedNode6(hi, lo)) {
      return solicited.contains(lo & 0xff_ffff);
    }
    if (lo == 1) {
      return hi == FF02 || hi == FF01;
    }
    return router6 && lo == 2 && (hi == FF02 || hi == FF01 || hi == FF05);
  }
}
