package io.sluice.host;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What kind of destination an address is: RTN_ of include/uapi/linux/rtnetlink.h, the words of {@code -m addrtype}. */
public enum AddressType {
  UNSPEC,
  UNICAST,
  LOCAL,
  BROADCAST,
  ANYCAST,
  MULTICAST,
  BLACKHOLE,
  UNREACHABLE,
  PROHIBIT,
  THROW,
  NAT,
  XRESOLVE;

  /** Whether a route of this type leads nowhere: fib_props of net/ipv4/fib_semantics.c has an error for it. */
  public boolean isError() {
    return this == BLACKHOLE || this == UNREACHABLE || this == PROHIBIT || this == THROW;
  }

  /** The types of a mask, with commas between them. */
  public static String words(int types) {
    return Stream.of(values()).filter(type -> (types & type.bit()) != 0).map(AddressType::toString).collect(Collectors.joining(", "));
  }

  /** This type's bit in a mask of types: {@code 1 << } its RTN_ number, as in struct xt_addrtype_info. */
  public int bit() {
    return 1 << ordinal();
  }
}
