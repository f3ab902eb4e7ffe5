package io.sluice.match;

import io.sluice.extension.MatchExtension;
import java.util.List;

/** The match extensions that Sluice knows. */
public final class Matches {
  private static final List<MatchExtension> ALL = List.of(
      AddrtypeMatch.EXTENSION,
      Ah6Match.EXTENSION,
      BpfMatch.EXTENSION,
      CgroupMatch.EXTENSION,
      ClusterMatch.EXTENSION,
      CommentMatch.EXTENSION,
      ConnbytesMatch.EXTENSION,
      ConnlabelMatch.EXTENSION,
      ConnlimitMatch.EXTENSION,
      ConnmarkMatch.EXTENSION,
      ConntrackMatch.EXTENSION,
      CpuMatch.EXTENSION,
      DccpMatch.EXTENSION,
      DevgroupMatch.EXTENSION,
      DscpMatch.EXTENSION,
      EcnMatch.EXTENSION,
      Eui64Match.EXTENSION,
      FragMatch.EXTENSION,
      HashlimitMatch.EXTENSION,
      HelperMatch.EXTENSION,
      IcmpMatch.EXTENSION_V4,
      IcmpMatch.EXTENSION_V6,
      IcmpMatch.EXTENSION_V6_ICMPV6,
      IcmpMatch.EXTENSION_V6_IPV6_ICMP,
      IpcompMatch.EXTENSION,
      IprangeMatch.EXTENSION,
      Ipv6headerMatch.EXTENSION,
      LengthMatch.EXTENSION,
      LimitMatch.EXTENSION,
      MacMatch.EXTENSION,
      MarkMatch.EXTENSION,
      MhMatch.EXTENSION,
      MultiportMatch.EXTENSION,
      OptionsHeaderMatch.EXTENSION_DST,
      OptionsHeaderMatch.EXTENSION_HBH,
      OsfMatch.EXTENSION,
      OwnerMatch.EXTENSION,
      PhysdevMatch.EXTENSION,
      PkttypeMatch.EXTENSION,
      PolicyMatch.EXTENSION,
      QuotaMatch.EXTENSION,
      RateestMatch.EXTENSION,
      RealmMatch.EXTENSION,
      RecentMatch.EXTENSION,
      RpfilterMatch.EXTENSION,
      RtMatch.EXTENSION,
      SctpMatch.EXTENSION,
      SetMatch.EXTENSION,
      SocketMatch.EXTENSION,
      SpiMatch.EXTENSION_AH,
      SpiMatch.EXTENSION_ESP,
      SrhMatch.EXTENSION,
      StateMatch.EXTENSION,
      StatisticMatch.EXTENSION,
      StringMatch.EXTENSION,
      TcpMatch.EXTENSION,
      TcpmssMatch.EXTENSION,
      TimeMatch.EXTENSION,
      TosMatch.EXTENSION,
      TtlMatch.EXTENSION_V4,
      TtlMatch.EXTENSION_V6,
      U32Match.EXTENSION,
      UdpMatch.EXTENSION);

  private Matches() {}

  /** All of them, in no particular order; a name may stand more than once, for different families. */
  public static List<MatchExtension> all() {
    return ALL;
  }
}
