package io.sluice.match;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;

/** What matches on a transport header do before they look at it. */
final class TransportHeader {
  private TransportHeader() {}

  /**
   * Whether {@code bytes} of the header can be read. In later fragments they cannot: no match. When the packet is cut
   * short, it is dropped at once (par->hotdrop), under both back ends: iptables-nft runs x_tables matches too.
   */
  static boolean present(SkBuff skb, ActionParam par, int bytes) {
    if (skb.fragmentOffset() != 0) {
      return false;
    }
    if (!skb.hasTransport(bytes)) {
      par.setHotdrop();
      return false;
    }
    return true;
  }

  /**
   * Whether a test that may have dropped the packet holds. In x_tables an inverted one holds then, and its rule counts and
   * acts before the packet ends; nft_match_eval() in net/netfilter/nft_compat.c looks for the drop first.
   */
  static boolean holds(boolean answer, boolean inverted, ActionParam par) {
    return answer != inverted && !(par.hotdrop() && par.backend() == ActionParam.Backend.NFT);
  }

  /**
   * Where {@code bytes} at {@code offset} of the transport header stand for a native nft expression; -1 when they are not
   * there, and then it does not match. nft_payload_fast_eval() in net/netfilter/nf_tables_core.c does not mind fragments:
   * it reads a later fragment's payload as a header, and for IPv6, where ipv6_find_hdr() then finds no offset, the IP
   * header.
   */
  static int nftPlace(SkBuff skb, int offset, int bytes) {
    boolean lost = skb.family() == Family.IPV6 && skb.fragmentOffset() != 0;
    int at = (lost ? 0 : skb.transportOffset()) + offset;
    return at + bytes <= skb.length() ? at : -1;
  }

  /** The port at {@code offset} (0 or 2) as a native nft expression reads it; -1 when it is not there. */
  static int nftPort(SkBuff skb, int offset) {
    int at = nftPlace(skb, offset, 2);
    return at < 0 ? -1 : skb.u16(at);
  }
}
