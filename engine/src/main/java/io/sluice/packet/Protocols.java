package io.sluice.packet;

/** Transport protocol numbers (IANA), as they stand in the IP header. */
public final class Protocols {
  public static final int HOPOPT = 0;
  public static final int ICMP = 1;
  public static final int IGMP = 2;
  public static final int TCP = 6;
  public static final int UDP = 17;
  public static final int DCCP = 33;
  public static final int IPV6_ROUTE = 43;
  public static final int IPV6_FRAGMENT = 44;
  public static final int GRE = 47;
  public static final int ESP = 50;
  public static final int AH = 51;
  public static final int ICMPV6 = 58;
  public static final int IPV6_NONE = 59;
  public static final int IPV6_DESTINATION = 60;
  public static final int IPCOMP = 108;
  public static final int SCTP = 132;
  public static final int MOBILITY = 135;
  public static final int UDPLITE = 136;

  private Protocols() {}
}
