package io.sluice.match;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.packet.Ipv6Extensions;

/** Finds IPv6 extension headers as ip6t_* matches do. */
final class ExtensionHeaders {
  /** The longest that a header's length byte can say. */
  private static final int MOST = 2048;

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

  /**
   * How many bytes follow a header's first two, where a rule asks for its length.
   *
   * @param least as many as there must be
   * @param length the header's length that is asked for; negative for any
   */
  static int bodySize(int least, long length, boolean inverted) {
    if (length >= 0 && !inverted && length <= MOST) {
      return (int) Math.max(2, length - 2);
    }
    return length == least + 2 ? least + 8 : least;
  }
}
