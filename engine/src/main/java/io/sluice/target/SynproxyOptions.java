package io.sluice.target;

import io.sluice.net.SkBuff;
import io.sluice.packet.TcpBuilder;

/**
 * The TCP options that SYNPROXY knows, as it reads them from a segment and puts them into its own (struct
 * synproxy_options).
 *
 * <p>What a SYN offered comes back in the last six bits of the timestamp that the client echoes:
 *
 * <pre>
 *   ... time, without its last six bits ... | ECN | SACK | window scale, 15 for none |
 * </pre>
 *
 * <p>Kernel: synproxy_parse_options(), synproxy_build_options(), synproxy_init_timestamp_cookie() and
 * synproxy_check_timestamp_cookie() in net/netfilter/nf_synproxy_core.c.
 */
final class SynproxyOptions {
  static final int MSS = 1;
  static final int WINDOW_SCALE = 2;
  static final int SACK = 4;
  static final int TIMESTAMP = 8;
  static final int ECN = 16;

  private static final int HEADER = 20;
  private static final int MAX_SCALE = 14;
  private static final int NO_SCALE = 15;
  private static final int SACK_COOKIE = 1 << 4;
  private static final int ECN_COOKIE = 1 << 5;

  /** Which there are. */
  int present;
  int scale;
  int mss;
  int tsval;
  int tsecr;

  private SynproxyOptions() {}

  /** The options of a segment; null where its header is cut short. The first that is malformed ends them. */
  static SynproxyOptions of(SkBuff skb) {
    int at = skb.transportOffset();
    int header = (skb.u8(at + 12) >> 4) * 4;
    if (header < HEADER || !skb.hasTransport(header)) {
      return null;
    }
    SynproxyOptions found = new SynproxyOptions();
    int end = at + header;
    for (int i = at + HEADER; i < end && skb.u8(i) != 0;) {
      if (skb.u8(i) == 1) {
        i++;
        continue;
      }
      if (i + 1 == end || skb.u8(i + 1) < 2 || i + skb.u8(i + 1) > end) {
        break;
      }
      found.read(skb, i, skb.u8(i), skb.u8(i + 1));
      i += skb.u8(i + 1);
    }
    return found;
  }

  private void read(SkBuff skb, int at, int kind, int size) {
    if (kind == 2 && size == 4) {
      mss = skb.u16(at + 2);
      present |= MSS;
    } else if (kind == 3 && size == 3) {
      scale = Math.min(skb.u8(at + 2), MAX_SCALE);
      present |= WINDOW_SCALE;
    } else if (kind == 8 && size == 10) {
      tsval = skb.u32(at + 2);
      tsecr = skb.u32(at + 6);
      present |= TIMESTAMP;
    } else if (kind == 4 && size == 2) {
      present |= SACK;
    }
  }

  boolean has(int option) {
    return (present & option) != 0;
  }

  /** What a timestamp is to remember. */
  int cookie() {
    return (has(WINDOW_SCALE) ? scale : NO_SCALE) | (has(SACK) ? SACK_COOKIE : 0) | (has(ECN) ? ECN_COOKIE : 0);
  }

  /** Adds what the echoed timestamp remembers. */
  void remember() {
    scale = tsecr & NO_SCALE;
    present |= (scale == NO_SCALE ? 0 : WINDOW_SCALE) | ((tsecr & SACK_COOKIE) == 0 ? 0 : SACK)
        | ((tsecr & ECN_COOKIE) == 0 ? 0 : ECN);
  }

  /** Exchanges timestamp and echo, as for the other direction. */
  void swapTimestamps() {
    int value = tsval;
    tsval = tsecr;
    tsecr = value;
  }

  /** Writes them, in the kernel's order. */
  void write(TcpBuilder tcp) {
    if (has(MSS)) {
      tcp.mss(mss);
    }
    if (has(TIMESTAMP)) {
      tcp.option(has(SACK) ? new int[] {4, 2} : new int[] {1, 1}).timestamps(tsval, tsecr);
    } else if (has(SACK)) {
      tcp.option(1, 1).sackPermitted();
    }
    if (has(WINDOW_SCALE)) {
      tcp.option(1).windowScale(scale);
    }
  }
}
