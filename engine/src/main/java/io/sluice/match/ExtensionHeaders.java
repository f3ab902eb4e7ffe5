package io.sluice.match;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.packet.Ipv6Extensions;

/** Finds IPv6 extension headers as ip6t_* matches do. */
final class ExtensionHeaders {
  private ExtensionHeaders() {}

  /**
   * Where the header {@code type} starts, of which {@code bytes} can be read; negative when the packet has none. A chain
   * of headers that is cut short drops the packet at once.
   */
  static int find(SkBuff skb, int type, int bytes, ActionParam par) {
    int at = Ipv6Extensions.find(skb, type);
    if (at == Ipv6Extensions.BROKEN || at >= 0 && at + bytes > skb.length()) {
      par.setHotdrop();
      return Ipv6Extensions.BROKEN;
    }
    return at;
  }
}
