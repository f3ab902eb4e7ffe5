package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.Optional;
import java.util.Set;

/**
 * An address of an interface (struct in_ifaddr, struct inet6_ifaddr).
 *
 * @param address the address itself
 * @param prefixLength 0..32 or 0..128; of the {@code peer} where there is one
 * @param scope {@link Scope} number
 * @param broadcast the broadcast address, if one is set
 * @param peer the other end of a point-to-point link, if there is one
 * @param flags what {@code ip addr} says behind the scope
 */
public record InterfaceAddress(
    IpAddress address, int prefixLength, int scope, Optional<IpAddress> broadcast, Optional<IpAddress> peer,
    Set<Flag> flags) {

  /** IFA_F_ of include/uapi/linux/if_addr.h, those that matter for delivery and source selection. */
  public enum Flag {
    /** A further IPv4 address of a network that the interface is in already. */
    SECONDARY,
    /** An IPv6 privacy address (RFC 8981). */
    TEMPORARY,
    /** Not to be taken as source while there is another. */
    DEPRECATED,
    /** Duplicate address detection is not through: not ours yet. */
    TENTATIVE,
    /** May be used although tentative (RFC 4429). */
    OPTIMISTIC,
    /** Duplicate address detection found another owner: not ours. */
    DADFAILED,
    /** Has no connected route. */
    NOPREFIXROUTE
  }

  public InterfaceAddress {
    if (prefixLength < 0 || prefixLength > address.family().addressBits()) {
      throw new IllegalArgumentException(
          "prefix length must be in 0.." + address.family().addressBits() + ": prefixLength=" + prefixLength);
    }
    flags = Set.copyOf(flags);
  }

  /**
   * {@code address/length} with what the kernel gives it when nothing else is said: scope by the address; the broadcast
   * address that {@code ip addr add … brd +} and every network manager set.
   */
  public static InterfaceAddress of(String text) {
    int slash = text.indexOf('/');
    IpAddress address = IpAddress.of(slash < 0 ? text : text.substring(0, slash));
    int bits = slash < 0 ? address.family().addressBits() : Integer.parseInt(text.substring(slash + 1));
    return of(address, bits);
  }

  /** As {@link #of(String)}. */
  public static InterfaceAddress of(IpAddress address, int bits) {
    boolean loopback = IpAddresses.isLoopback(address.family(), address.hi(), address.lo());
    Optional<IpAddress> broadcast = Optional.empty();
    int scope = loopback ? Scope.HOST : Scope.GLOBAL;
    if (address.family() == Family.IPV4) {
      if (!loopback && bits < 31) {
        AddressMask net = AddressMask.prefix(address, bits);
        broadcast = Optional.of(IpAddress.ipv4((int) (net.lo() | ~net.maskLo())));
      }
    } else if (IpAddresses.isLinkLocal6(address.hi())) {
      scope = Scope.LINK;
    }
    return new InterfaceAddress(address, bits, scope, broadcast, Optional.empty(), Set.of());
  }

  public boolean has(Flag flag) {
    return flags.contains(flag);
  }

  /** Whether packets to it are taken: not while it may be somebody else's. */
  public boolean isOurs() {
    return !has(Flag.DADFAILED) && (!has(Flag.TENTATIVE) || has(Flag.OPTIMISTIC));
  }

  /** The network that the address (or its peer) is in. */
  public AddressMask network() {
    return AddressMask.prefix(peer.orElse(address), prefixLength);
  }
}
