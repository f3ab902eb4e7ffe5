package io.sluice.match;

import io.sluice.net.ActionParam;
import io.sluice.net.ActionParam.Backend;
import io.sluice.net.SkBuff;

/** What matches on a transport header do before they look at it. */
final class TransportHeader {
  private TransportHeader() {}

  /**
   * Whether {@code bytes} of the header can be read. In later fragments they cannot: no match. When the packet is cut
   * short, an x_tables match drops it at once (par->hotdrop); where iptables-nft writes native expressions instead,
   * nft_payload_eval() just does not match.
   *
   * @param nativeInNft whether iptables-nft translates this match into native expressions
   */
  static boolean present(SkBuff skb, ActionParam par, int bytes, boolean nativeInNft) {
    if (skb.fragmentOffset() != 0) {
      return false;
    }
    if (skb.hasTransport(bytes)) {
      return true;
    }
    if (!nativeInNft || par.backend() == Backend.LEGACY) {
      par.setHotdrop();
    }
    return false;
  }
}
