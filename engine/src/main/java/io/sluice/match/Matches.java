package io.sluice.match;

import io.sluice.extension.MatchExtension;
import java.util.List;

/** The match extensions that Sluice knows. */
public final class Matches {
  private static final List<MatchExtension> ALL = List.of(
      AddrtypeMatch.EXTENSION,
      ClusterMatch.EXTENSION,
      CommentMatch.EXTENSION,
      ConnbytesMatch.EXTENSION,
      ConnlabelMatch.EXTENSION,
      ConnlimitMatch.EXTENSION,
      ConnmarkMatch.EXTENSION,
      ConntrackMatch.EXTENSION,
      DccpMatch.EXTENSION,
      DscpMatch.EXTENSION,
      HelperMatch.EXTENSION,
      IcmpMatch.EXTENSION_V4,
      IcmpMatch.EXTENSION_V6,
      IcmpMatch.EXTENSION_V6_ICMPV6,
      IcmpMatch.EXTENSION_V6_IPV6_ICMP,
      IprangeMatch.EXTENSION,
      LengthMatch.EXTENSION,
      LimitMatch.EXTENSION,
      MacMatch.EXTENSION,
      MarkMatch.EXTENSION,
      MultiportMatch.EXTENSION,
      OwnerMatch.EXTENSION,
      PhysdevMatch.EXTENSION,
      PkttypeMatch.EXTENSION,
      SctpMatch.EXTENSION,
      SetMatch.EXTENSION,
      StateMatch.EXTENSION,
      StatisticMatch.EXTENSION,
      TcpMatch.EXTENSION,
      TosMatch.EXTENSION,
      TtlMatch.EXTENSION_V4,
      TtlMatch.EXTENSION_V6,
      UdpMatch.EXTENSION);

  private Matches() {}

  /** All of them, in no particular order; a name may stand more than once, for different families. */
  public static List<MatchExtension> all() {
    return ALL;
  }
}
