package io.sluice.conntrack;

import io.sluice.packet.IpAddress;
import java.util.Optional;

/**
 * What a NAT target allows a connection to be mapped to (struct nf_nat_range2).
 *
 * @param minAddress first address, or empty to keep the address
 * @param maxAddress last address, equal to the first for a single one
 * @param minPort first port or id, 0..65535
 * @param maxPort last port or id
 * @param basePort the port that maps to {@code minPort} when {@code offset} is set; {@link #UNKNOWN_PORT} if nobody knows it
 * @param ports whether the port range is given (NF_NAT_RANGE_PROTO_SPECIFIED)
 * @param random {@code --random}
 * @param fullyRandom {@code --random-fully}
 * @param persistent {@code --persistent}
 * @param offset a shifted port map ({@code --to-destination addr:5000-5010/6000})
 */
public record NatRange(
    Optional<IpAddress> minAddress,
    Optional<IpAddress> maxAddress,
    int minPort,
    int maxPort,
    int basePort,
    boolean ports,
    boolean random,
    boolean fullyRandom,
    boolean persistent,
    boolean offset) {

  public static final int UNKNOWN_PORT = -1;

  /** Which end NAT rewrites: NF_NAT_MANIP_SRC (POSTROUTING, INPUT) or NF_NAT_MANIP_DST (PREROUTING, OUTPUT). */
  public enum Manip {
    SOURCE,
    DESTINATION
  }

  NatRange withBasePort(int port) {
    return new NatRange(minAddress, maxAddress, minPort, maxPort, port, ports, random, fullyRandom, persistent, offset);
  }
}
