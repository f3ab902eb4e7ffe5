package io.sluice.packet;

import io.sluice.netfilter.Family;
import java.util.Optional;

/** An IPv4 or IPv6 address: two longs in network order, for IPv4 the low 32 bits of {@code lo}. */
public record IpAddress(Family family, long hi, long lo) implements Comparable<IpAddress> {

  /** An IPv4 address from its 32 bits. */
  public static IpAddress ipv4(int bits) {
    return new IpAddress(Family.IPV4, 0, bits & 0xffff_ffffL);
  }

  /** Reads dotted-quad IPv4 or RFC 4291 IPv6 text; empty if it is neither. Never asks a resolver. */
  public static Optional<IpAddress> parse(String text) {
    return AddressText.parse(text);
  }

  /** Reads text that is known to be an address. */
  public static IpAddress of(String text) {
    return parse(text).orElseThrow(() -> new IllegalArgumentException("not an IP address: " + text));
  }

  @Override
  public int compareTo(IpAddress other) {
    int c = family.compareTo(other.family);
    c = c != 0 ? c : Long.compareUnsigned(hi, other.hi);
    return c != 0 ? c : Long.compareUnsigned(lo, other.lo);
  }

  /** Dotted quad, or RFC 5952 IPv6 text as inet_ntop() prints it. */
  @Override
  public String toString() {
    return AddressText.print(family, hi, lo);
  }
}
