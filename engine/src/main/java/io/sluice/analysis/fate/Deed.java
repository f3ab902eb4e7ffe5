package io.sluice.analysis.fate;

import java.util.Set;

/**
 * What a target did to a packet, or on its account.
 *
 * @param reach what may be otherwise because of it
 */
record Deed(String words, Reach reach) {

  /** From the least to the most. */
  enum Reach {
    /** Where the packet goes, if it gets away. */
    WAY,
    /** The packet itself. */
    PACKET,
    /** Other packets of its connection, if there will be one. */
    CONNECTION,
    /** Any. */
    OTHERS
  }

  private static final Set<String> OF_PACKETS = Set.of("TTL", "HL", "TOS", "DSCP", "ECN", "CHECKSUM", "TCPMSS", "TCPOPTSTRIP",
      "CLASSIFY", "SECMARK", "SNPT", "DNPT", "HMARK", "TPROXY");
  private static final Set<String> OF_CONNECTIONS = Set.of("CT", "NOTRACK", "CONNMARK", "CONNSECMARK");

  /** @param target the name of a target that lets packets go on */
  static Deed of(String words, String target) {
    return new Deed(words,
        OF_PACKETS.contains(target) ? Reach.PACKET : OF_CONNECTIONS.contains(target) ? Reach.CONNECTION : Reach.OTHERS);
  }
}
