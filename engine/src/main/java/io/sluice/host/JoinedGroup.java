package io.sluice.host;

import io.sluice.packet.IpAddress;

/**
 * A multicast group that an interface is in, as {@code ip maddr} shows it: of the kernel itself, or of a program's.
 *
 * @param device the interface's name
 */
public record JoinedGroup(String device, IpAddress group) {}
