package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The host's IPv4 addresses, as source selection sees them. Immutable; nothing here allocates.
 *
 * <p>Kernel: inet_select_addr(), inet_addr_onlink() and inet_lookup_ifaddr_rcu() in net/ipv4/devinet.c.
 */
final class Sources4 {
  /** An address; {@code reach} is its scope where {@code route_localnet} makes host scope reach the link. */
  private record Source(
      long network, long mask, int scope, int reach, boolean secondary, Optional<IpAddress> result) {}

  private final Source[][] byDevice;
  private final Source[] all;
  private final LongOpenHashSet addresses = new LongOpenHashSet();

  /** @param devices by position; a position is what the methods call {@code device} */
  Sources4(List<NetDevice> devices, DeviceConfig[] configs) {
    byDevice = new Source[devices.size()][];
    List<Source> every = new ArrayList<>();
    for (int d = 0; d < devices.size(); d++) {
      List<Source> own = new ArrayList<>();
      for (InterfaceAddress a : devices.get(d).addresses(Family.IPV4)) {
        int reach = Math.min(a.scope(), configs[d].routeLocalnet ? Scope.LINK : Scope.HOST);
        own.add(new Source(
            a.network().lo(), a.network().maskLo(), a.scope(), reach, a.has(InterfaceAddress.Flag.SECONDARY),
            Optional.of(a.address())));
        addresses.add(a.address().lo());
      }
      byDevice[d] = own.toArray(new Source[0]);
      every.addAll(own);
    }
    all = every.toArray(new Source[0]);
  }

  /** Whether some interface has the address, up or not. */
  boolean isOwn(long address) {
    return addresses.contains(address);
  }

  boolean hasAddress(int device) {
    return byDevice[device].length > 0;
  }

  /** The first address of the interface, primary or not. */
  Optional<IpAddress> first(int device) {
    return byDevice[device].length == 0 ? Optional.empty() : byDevice[device][0].result;
  }

  /**
   * inet_select_addr(): the interface's first primary address of enough scope, better one in the network of {@code
   * destination} (0 for none); else the first on any interface that is not of link scope.
   */
  Optional<IpAddress> select(int device, long destination, int scope) {
    Source found = null;
    for (Source s : byDevice[device]) {
      if (s.secondary || s.reach > scope) {
        continue;
      }
      if (destination == 0 || (destination & s.mask) == s.network) {
        return s.result;
      }
      if (found == null) {
        found = s;
      }
    }
    if (found != null) {
      return found.result;
    }
    for (Source s : all) {
      if (!s.secondary && s.scope != Scope.LINK && s.scope <= scope) {
        return s.result;
      }
    }
    return Optional.empty();
  }

  /** inet_addr_onlink(): whether one network of the interface has both addresses; {@code b} may be 0. */
  boolean onLink(int device, long a, long b) {
    for (Source s : byDevice[device]) {
      if ((a & s.mask) == s.network && (b == 0 || (b & s.mask) == s.network)) {
        return true;
      }
    }
    return false;
  }
}
