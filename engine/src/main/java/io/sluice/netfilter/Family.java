package io.sluice.netfilter;

/** The address family of a packet, a rule set or a route. */
public enum Family {
  /** IPv4: NFPROTO_IPV4, 32-bit addresses held as {@code hi = 0}, {@code lo} = the address, zero-extended. */
  IPV4(4, 32, 20),
  /** IPv6: NFPROTO_IPV6, 128-bit addresses held as two longs in network order. */
  IPV6(6, 128, 40);

  private final int version;
  private final int addressBits;
  private final int headerLength;

  Family(int version, int addressBits, int headerLength) {
    this.version = version;
    this.addressBits = addressBits;
    this.headerLength = headerLength;
  }

  /** The version field of the IP header: 4 or 6. */
  public int version() {
    return version;
  }

  /** The width of an address in bits: 32 or 128. */
  public int addressBits() {
    return addressBits;
  }

  /** The length of the fixed part of the IP header in bytes: 20 or 40. */
  public int headerLength() {
    return headerLength;
  }
}
