package io.sluice.pipeline;

import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import it.unimi.dsi.fastutil.objects.Object2ObjectLinkedOpenHashMap;
import java.util.BitSet;

/**
 * How many ICMP errors the host sends: to all together, and to one destination.
 *
 * <p>Kernel: icmp_global_allow() and icmpv4_xrlim_allow() in net/ipv4/icmp.c, icmpv6_xrlim_allow() in net/ipv6/icmp.c,
 * inet_peer_xrlim_allow() in net/ipv4/inetpeer.c. Time is in jiffies of 4 ms (CONFIG_HZ=250). The kernel takes 0 to 2
 * of the common credit for a message at random, 1 on average; here it is always 1.
 */
final class IcmpRateLimit {
  private static final long JIFFY_NANOS = 4_000_000;
  private static final long HZ = 250;
  private static final int BURST_FACTOR = 6;
  private static final long FRESH_PEER_JIFFIES = 60 * HZ;
  /**
   * So many destinations are remembered, then the one that was longest without a message is forgotten: as inet_peer_threshold of
   * inet_initpeers() in net/ipv4/inetpeer.c, where inet_peer_gc() chooses among those that it meets on its way.
   */
  static final int MOST_PEERS = 65_536 + 128;

  /** struct inet_peer, as far as it limits messages. */
  private static final class Peer {
    private long tokens;
    private long last;
    private int redirects;

    Peer(long tokens, long last, int redirects) {
      this.tokens = tokens;
      this.last = last;
      this.redirects = redirects;
    }
  }

  /** What {@code sysctl} says of it, times in jiffies. */
  private static final class Knobs {
    private final long perSecond;
    private final long burst;
    private final long timeout4;
    private final long mask4;
    private final long timeout6;
    private final BitSet mask6;
    private final long errorCost;
    private final long errorBurst;
    private final long redirectLoad;
    private final long redirectNumber;
    private final long redirectSilence;

    Knobs(Sysctls sysctls) {
      perSecond = sysctls.number("net.ipv4.icmp_msgs_per_sec", 1000);
      burst = sysctls.number("net.ipv4.icmp_msgs_burst", 50);
      timeout4 = sysctls.number("net.ipv4.icmp_ratelimit", 1000) * HZ / 1000;
      mask4 = sysctls.number("net.ipv4.icmp_ratemask", 0x1818);
      timeout6 = sysctls.number("net.ipv6.icmp.ratelimit", 1000) * HZ / 1000;
      mask6 = types(sysctls.text("net.ipv6.icmp.ratemask").orElse("0-1,3-127"));
      errorCost = sysctls.number("net.ipv4.route.error_cost", HZ);
      errorBurst = sysctls.number("net.ipv4.route.error_burst", 5 * HZ);
      redirectLoad = sysctls.number("net.ipv4.route.redirect_load", HZ / 50);
      redirectNumber = sysctls.number("net.ipv4.route.redirect_number", 9);
      redirectSilence = sysctls.number("net.ipv4.route.redirect_silence", HZ / 50 << 10);
    }
  }

  private record Key(Family family, long hi, long lo) {}

  private final Knobs knobs;
  private final Clock clock;
  /** The one with the latest message last. */
  private final Object2ObjectLinkedOpenHashMap<Key, Peer> peers = new Object2ObjectLinkedOpenHashMap<>();
  private long credit;
  private long stamp;

  IcmpRateLimit(Sysctls sysctls, Clock clock) {
    this(new Knobs(sysctls), clock);
  }

  private IcmpRateLimit(Knobs knobs, Clock clock) {
    this.knobs = knobs;
    this.clock = clock;
    this.credit = knobs.burst;
    this.stamp = jiffies();
  }

  /** As a new one with the same knobs, which are not read again. */
  IcmpRateLimit restarted(Clock other) {
    return new IcmpRateLimit(knobs, other);
  }

  /** An independent copy on another clock. */
  IcmpRateLimit copy(Clock other) {
    IcmpRateLimit copy = restarted(other);
    copy.credit = credit;
    copy.stamp = stamp;
    peers.forEach((key, peer) -> copy.peers.put(key, new Peer(peer.tokens, peer.last, peer.redirects)));
    return copy;
  }

  /** A list such as {@code 0-1,3-127}, as the kernel's bitmap knobs are written. */
  private static BitSet types(String text) {
    BitSet types = new BitSet(256);
    for (String range : text.trim().split(",")) {
      String[] ends = range.trim().split("-");
      if (!ends[0].isEmpty()) {
        types.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
      }
    }
    return types;
  }

  private long jiffies() {
    return clock.nanos() / JIFFY_NANOS;
  }

  /** Whether an error of this type is limited at all. */
  private boolean limited(Family family, int type) {
    return family == Family.IPV4 ? type < 32 && (knobs.mask4 >>> type & 1) != 0 : knobs.mask6.get(type);
  }

  /** Whether the common credit allows a message; nothing is taken yet. */
  boolean allowsAny(Family family, int type) {
    if (!limited(family, type)) {
      return true;
    }
    long now = jiffies();
    long delta = Math.min(now - stamp, HZ);
    if (delta >= HZ / 50) {
      credit = Math.min(credit + knobs.perSecond * delta / HZ, knobs.burst);
      stamp = now;
    }
    return credit > 0;
  }

  /**
   * Whether one more message may go to this destination; takes from its tokens and from the common credit.
   *
   * @param prefixLength of the route to it: IPv6 gives wide networks more
   */
  boolean allows(Family family, int type, long hi, long lo, int prefixLength, boolean loopback) {
    if (!limited(family, type)) {
      return true;
    }
    if (loopback) {
      return true;
    }
    long timeout = knobs.timeout4;
    if (family == Family.IPV6) {
      timeout = prefixLength < 128 ? knobs.timeout6 >> (128 - prefixLength >> 5) : knobs.timeout6;
    }
    if (timeout != 0) {
      Peer peer = peer(family, hi, lo);
      long now = jiffies();
      long tokens = Math.min(peer.tokens + now - peer.last, BURST_FACTOR * timeout);
      peer.last = now;
      boolean allowed = tokens >= timeout;
      peer.tokens = allowed ? tokens - timeout : tokens;
      if (!allowed) {
        return false;
      }
    }
    credit--;
    return true;
  }

  /**
   * ip_error(): whether the sender of an unroutable packet is told. It takes from the same tokens as the message itself
   * does afterwards, so that a burst ends after two.
   */
  boolean allowsRouteError(long hi, long lo) {
    Peer peer = peer(Family.IPV4, hi, lo);
    long now = jiffies();
    peer.tokens = Math.min(peer.tokens + now - peer.last, knobs.errorBurst);
    peer.last = now;
    if (peer.tokens < knobs.errorCost) {
      return false;
    }
    peer.tokens -= knobs.errorCost;
    return true;
  }

  /** ip_rt_send_redirect(): whether a redirect may go to this source now. */
  boolean allowsRedirect(long hi, long lo) {
    Peer peer = peer(Family.IPV4, hi, lo);
    long now = jiffies();
    if (now > peer.last + knobs.redirectSilence) {
      peer.tokens = 0;
      peer.redirects = 0;
    }
    if (peer.redirects >= knobs.redirectNumber) {
      peer.last = now;
      return false;
    }
    if (peer.redirects != 0 && now <= peer.last + (knobs.redirectLoad << peer.redirects)) {
      return false;
    }
    return true;
  }

  /** Counts a redirect that was sent. */
  void sentRedirect(long hi, long lo) {
    Peer peer = peer(Family.IPV4, hi, lo);
    peer.last = jiffies();
    peer.redirects++;
  }

  private Peer peer(Family family, long hi, long lo) {
    Key key = new Key(family, hi, lo);
    Peer peer = peers.getAndMoveToLast(key);
    if (peer == null) {
      peer = new Peer(0, jiffies() - FRESH_PEER_JIFFIES, 0);
      peers.putAndMoveToLast(key, peer);
      if (peers.size() > MOST_PEERS) {
        peers.removeFirst();
      }
    }
    return peer;
  }
}
