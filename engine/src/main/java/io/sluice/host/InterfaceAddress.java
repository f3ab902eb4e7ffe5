package io.sluice.host;

import io.sluice.packet.IpAddress;
import java.util.Optional;

/**
 * An address of an interface (struct in_ifaddr, struct inet6_ifaddr).
 *
 * @param address the address itself
 * @param prefixLength 0..32 or 0..128
 * @param scope RT_SCOPE_ number: 0 global, 253 link, 254 host
 * @param broadcast the broadcast address, if one is set
 * @param peer the other end of a point-to-point link, if there is one
 */
public record InterfaceAddress(
    IpAddress address, int prefixLength, int scope, Optional<IpAddress> broadcast, Optional<IpAddress> peer) {}
