package io.sluice.analysis.witness;

import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What stands in the transport header.
 *
 * @param icmp {@code type << 8 | code}
 * @param flags TCP flags as the byte in the header
 */
record Transport(int protocol, int sourcePort, int destinationPort, int icmp, int flags) {
  static final int CLIENT_PORT = 40000;
  static final int ECHO_REQUEST4 = 8 << 8;
  static final int ECHO_REQUEST6 = 128 << 8;
  private static final long[] PROTOCOLS4 = {6, 17, 1, 132, 33, 136, 47, 50, 51, 2, 4, 89, 108, 253};
  private static final long[] PROTOCOLS6 = {6, 17, 58, 132, 33, 136, 47, 50, 89, 108, 135, 253};
  private static final long[] FLAGS = {0x02, 0x10, 0x12, 0x18, 0x11, 0x04, 0x14, 0x01, 0x00, 0x03, 0x29, 0x3f};
  private static final long[] ICMP4 = {ECHO_REQUEST4, 0, 0x301, 0xb00, 0x304, 0x303, 0xd00, 0x500};
  private static final long[] ICMP6 = {ECHO_REQUEST6, 129 << 8, 0x104, 0x100, 0x200, 0x300, 135 << 8, 136 << 8, 133 << 8, 134 << 8};
  /** Those of ICMPv6 that conntrack leaves alone: multicast listeners, neighbours and routers. */
  private static final long[] UNTRACKED6 = {130 << 8, 135 << 8, 136 << 8, 133 << 8, 134 << 8};
  private static final int MOST_TYPES = 5;
  private static final int MOST_PROTOCOLS = 5;

  /** Headers as wished, the likeliest first. */
  static List<Transport> of(Family family, Wishes wishes, Set<Long> ports) {
    List<Transport> all = new ArrayList<>();
    boolean portsAsked = wishes.asksFor(Field.SOURCE_PORT) || wishes.asksFor(Field.DESTINATION_PORT);
    for (long protocol : wishes.values(Field.PROTOCOL, MOST_PROTOCOLS, family == Family.IPV4 ? PROTOCOLS4 : PROTOCOLS6)) {
      int number = (int) protocol;
      if (hasPorts(number) && (number == Protocols.TCP || !wishes.asksFor(Field.TCP_FLAGS))
          && !wishes.asksFor(Field.ICMP_TYPE_CODE)) {
        withPorts(number, wishes, ports, all);
      } else if (isIcmp(number) && !portsAsked && !wishes.asksFor(Field.TCP_FLAGS)) {
        for (long icmp : wishes.values(Field.ICMP_TYPE_CODE, MOST_TYPES, types(number, wishes))) {
          all.add(new Transport(number, 0, 0, (int) icmp, 0));
        }
      } else if (!portsAsked && !wishes.asksFor(Field.TCP_FLAGS) && !wishes.asksFor(Field.ICMP_TYPE_CODE)) {
        all.add(new Transport(number, 0, 0, 0, 0));
      }
    }
    return all;
  }

  private static long[] types(int protocol, Wishes wishes) {
    boolean tracked = wishes.allows(Field.CTSTATE, CtState.NEW) || wishes.allows(Field.CTSTATE, CtState.ESTABLISHED)
        || wishes.allows(Field.CTSTATE, CtState.INVALID) || !wishes.allows(Field.CTSTATE, CtState.UNTRACKED);
    return protocol == Protocols.ICMP ? ICMP4 : tracked ? ICMP6 : UNTRACKED6;
  }

  private static void withPorts(int protocol, Wishes wishes, Set<Long> ports, List<Transport> into) {
    long[] usual = new long[ports.size() + 4];
    int count = 0;
    for (long port : ports) {
      usual[count++] = port;
    }
    long[] common = {80, 53, 22, 9};
    System.arraycopy(common, 0, usual, count, common.length);
    List<Long> flags = protocol == Protocols.TCP ? wishes.values(Field.TCP_FLAGS, 4, FLAGS) : List.of(0L);
    for (long destination : wishes.values(Field.DESTINATION_PORT, ports.isEmpty() ? 2 : 6, usual)) {
      for (long source : wishes.values(Field.SOURCE_PORT, 2, CLIENT_PORT, 1000)) {
        for (long flag : flags) {
          into.add(new Transport(protocol, (int) source, (int) destination, 0, (int) flag));
        }
      }
    }
  }

  static boolean hasPorts(int protocol) {
    return protocol == Protocols.TCP || protocol == Protocols.UDP || protocol == Protocols.UDPLITE
        || protocol == Protocols.SCTP || protocol == Protocols.DCCP;
  }

  static boolean isIcmp(int protocol) {
    return protocol == Protocols.ICMP || protocol == Protocols.ICMPV6;
  }

  /** The bytes that a whole header has; 0 for a protocol of which nothing is known. */
  static int headerLength(int protocol) {
    switch (protocol) {
      case Protocols.TCP:
        return 20;
      case Protocols.UDP:
      case Protocols.UDPLITE:
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        return 8;
      case Protocols.SCTP:
      case Protocols.DCCP:
        return 12;
      default:
        return 0;
    }
  }

  /** The header of a packet the other way. */
  Transport reversed() {
    return new Transport(protocol, destinationPort, sourcePort, icmp, flags);
  }

  Transport withFlags(int other) {
    return new Transport(protocol, sourcePort, destinationPort, icmp, other);
  }

  Transport withIcmp(int other) {
    return new Transport(protocol, sourcePort, destinationPort, other, flags);
  }

  /** To another port. */
  Transport to(int port) {
    return new Transport(protocol, sourcePort, port, icmp, flags);
  }
}
