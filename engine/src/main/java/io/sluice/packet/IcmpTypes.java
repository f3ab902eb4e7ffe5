package io.sluice.packet;

/**
 * What ICMP and ICMPv6 message types are to connection tracking, and which of them quote a packet.
 *
 * <p>Kernel: invmap and valid_new in net/netfilter/nf_conntrack_proto_icmp.c and nf_conntrack_proto_icmpv6.c,
 * icmp_is_err() in include/linux/icmp.h.
 */
public final class IcmpTypes {
  public static final int UNREACHABLE = 3;
  public static final int UNREACHABLE6 = 1;
  public static final int TIME_EXCEEDED = 11;
  public static final int TIME_EXCEEDED6 = 3;
  public static final int REDIRECT = 5;
  public static final int REDIRECT6 = 137;
  /** Router solicitation, the first type of neighbour discovery; {@link #REDIRECT6} is the last. */
  public static final int FIRST_NEIGHBOUR6 = 133;
  /** The highest type of ICMP that the kernel knows: NR_ICMP_TYPES. */
  public static final int HIGHEST = 18;

  private IcmpTypes() {}

  /** The type that answers an ICMP query, or is answered by it; -1 for types outside queries. */
  public static int answer4(int type) {
    switch (type) {
      case 8:
        return 0;
      case 0:
        return 8;
      case 13:
        return 14;
      case 14:
        return 13;
      case 15:
        return 16;
      case 16:
        return 15;
      case 17:
        return 18;
      case 18:
        return 17;
      default:
        return -1;
    }
  }

  /** As {@link #answer4}, of ICMPv6: echo and node information. */
  public static int answer6(int type) {
    switch (type) {
      case 128:
        return 129;
      case 129:
        return 128;
      case 139:
        return 140;
      case 140:
        return 139;
      default:
        return -1;
    }
  }

  /** Whether a connection may begin with this ICMP type: echo, timestamp, information and address mask requests. */
  public static boolean begins4(int type) {
    return type == 8 || type == 13 || type == 15 || type == 17;
  }

  /** As {@link #begins4}, of ICMPv6. */
  public static boolean begins6(int type) {
    return type == 128 || type == 139;
  }

  /** Whether the message quotes a packet that went wrong: unreachable, source quench, redirect, time, parameter. */
  public static boolean isError4(int type) {
    return type == UNREACHABLE || type == 4 || type == REDIRECT || type == 11 || type == 12;
  }

  /** As {@link #isError4}, of ICMPv6, where redirects have a type among the informational ones. */
  public static boolean isError6(int type) {
    return !isInformational6(type) || type == REDIRECT6;
  }

  /** Whether an ICMPv6 message is no error, by its type: ICMPV6_INFOMSG_MASK. Redirects are among them. */
  public static boolean isInformational6(int type) {
    return type >= 128;
  }

  /** Multicast listener and neighbour discovery, which is never tracked: noct_valid_new. */
  public static boolean isUntracked6(int type) {
    return type >= 130 && type <= 136 || type == 143 || type == 151 || type == 152;
  }
}
