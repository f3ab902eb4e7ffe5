package io.sluice.host;

import io.sluice.packet.IpAddress;

/**
 * A station on a network of the host, as {@code ip neigh} shows it.
 *
 * @param hardwareAddress its 48 bits
 */
public record Neighbour(IpAddress address, long hardwareAddress) {
  /** @param hardwareAddress six hexadecimal bytes with colons between them */
  public static Neighbour of(IpAddress address, String hardwareAddress) {
    return new Neighbour(address, Long.parseLong(hardwareAddress.replace(":", ""), 16));
  }
}
