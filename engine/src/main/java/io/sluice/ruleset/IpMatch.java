package io.sluice.ruleset;

import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.Ipv6Extensions;

/**
 * The part of a rule that every rule has: {@code -s -d -i -o -p -f}, each with its negation.
 *
 * <p>Kernel: ip_packet_match() in net/ipv4/netfilter/ip_tables.c, ip6_packet_match() in
 * net/ipv6/netfilter/ip6_tables.c.
 *
 * @param inInterface a name, {@code name+}, or empty for any
 * @param protocol transport protocol number, 0 for any
 * @param fragment {@code -f}: later fragments only (IPv4)
 */
public record IpMatch(
    Family family,
    AddressMask source,
    boolean sourceInverted,
    AddressMask destination,
    boolean destinationInverted,
    String inInterface,
    boolean inInverted,
    String outInterface,
    boolean outInverted,
    int protocol,
    boolean protocolInverted,
    boolean fragment,
    boolean fragmentInverted) {

  /** Matches every packet of the family. */
  public static IpMatch any(Family family) {
    AddressMask all = AddressMask.any(family);
    return new IpMatch(family, all, false, all, false, "", false, "", false, 0, false, false, false);
  }

  /** Whether the packet matches; one whose IPv6 headers are cut short may be dropped at once instead. */
  public boolean matches(SkBuff skb, ActionParam par) {
    NetDevice in = par.in();
    NetDevice out = par.out();
    if (source.matches(skb.srcHi(), skb.srcLo()) == sourceInverted
        || destination.matches(skb.dstHi(), skb.dstLo()) == destinationInverted
        || interfaceMatches(inInterface, in) == inInverted
        || interfaceMatches(outInterface, out) == outInverted) {
      return false;
    }
    return (protocol == 0 || protocolMatches(skb, par)) && (!fragment || (skb.fragmentOffset() != 0) != fragmentInverted);
  }

  /** ip6_packet_match() in net/ipv6/netfilter/ip6_tables.c; nft_set_pktinfo_ipv6() in include/net/netfilter/nf_tables_ipv6.h. */
  private boolean protocolMatches(SkBuff skb, ActionParam par) {
    boolean nft = par.backend() == ActionParam.Backend.NFT;
    if (skb.isHeaderChainBroken()) {
      if (!nft) {
        par.setHotdrop(); // ipv6_find_hdr() has found nothing, not even that this is a later fragment
      }
      return false;
    }
    int found = nft && family == Family.IPV6 ? Ipv6Extensions.protocolBeforeAh(skb) : skb.protocol();
    return (protocol == found) != protocolInverted;
  }

  /** ifname_compare_aligned(): a hook without that interface has the empty name. */
  public static boolean interfaceMatches(String pattern, NetDevice device) {
    if (pattern.isEmpty()) {
      return true;
    }
    String name = device == null ? "" : device.name();
    int last = pattern.length() - 1;
    return pattern.charAt(last) == '+' ? name.startsWith(pattern.substring(0, last)) : name.equals(pattern);
  }
}
