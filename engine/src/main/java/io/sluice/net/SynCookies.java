package io.sluice.net;

import io.sluice.conntrack.Conntrack;
import io.sluice.conntrack.Synproxy;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Sequence numbers that remember a SYN, so that the host need not.
 *
 * <pre>
 *   cookie = hash(addresses, ports, minute, secret) + the client's number + index of an MSS (0..3)
 *
 *   client SYN seq 100 mss 1412    hash 0x8d3f0000    cookie 0x8d3f0065   (index 1: 1300 is the largest that is not above 1412)
 *   client ACK seq 101 ack 0x8d3f0066                 0x8d3f0066 - 1 - (101 - 1) - hash = 1 ▶ MSS 1300
 * </pre>
 *
 * <p>A cookie is good in the minute that it is from and the next. The kernel's two hashes are one here, and its secret cannot
 * be known; who has seen a cookie of the kernel's says so ({@link #expect}), and the hash of that connection follows from it.
 *
 * <p>Kernel: secure_tcp_syn_cookie(), check_tcp_syn_cookie(), msstab[] in net/ipv4/syncookies.c and net/ipv6/syncookies.c;
 * synproxy_init_timestamp_cookie() in net/netfilter/nf_synproxy_core.c.
 */
public final class SynCookies {
  private static final int[] MSS4 = {536, 1300, 1440, 1460};
  private static final int[] MSS6 = {1220, 1420, 1440, 8940};
  private static final long MINUTE = 60_000_000_000L;
  private static final long MILLISECOND = 1_000_000;
  /** Minutes in which a cookie is good: MAX_SYNCOOKIE_AGE. */
  private static final int MAX_AGE = 2;
  /** What of a timestamp remembers options; the rest is time. */
  private static final int TIMESTAMP_OPTIONS = 0x3f;

  /**
   * A SYN-ACK of the kernel's.
   *
   * @param cookie its sequence number
   * @param timestamp its timestamp; 0 where it has none
   */
  public record Seen(int cookie, int timestamp) {}

  private record Ends(long srcHi, long srcLo, long dstHi, long dstLo, int ports) {
    static Ends of(SkBuff skb) {
      return new Ends(skb.srcHi(), skb.srcLo(), skb.dstHi(), skb.dstLo(), skb.u32(skb.transportOffset()));
    }
  }

  /** The hash that a connection was seen to have, and the one before: that of another minute. */
  private static final class Known {
    private int hash;
    private long sinceNanos;
    private int hashBefore;
    private long beforeNanos = -MAX_AGE * MINUTE;
  }

  private final Conntrack conntrack;
  private final Clock clock;
  private final SplittableRandom random;
  private boolean drawn;
  private long secret;
  private final Deque<Seen> expected = new ArrayDeque<>();
  private final Map<Ends, Known> known = new HashMap<>();

  SynCookies(Conntrack conntrack, Clock clock, SplittableRandom random) {
    this.conntrack = conntrack;
    this.clock = clock;
    this.random = random;
  }

  /** Says which SYN-ACKs the kernel was seen to send on account of the next packet, in order. */
  public void expect(List<Seen> seen) {
    expected.clear();
    expected.addAll(seen);
  }

  /**
   * The cookie and the timestamp for the answer to a SYN.
   *
   * @param mss that the client offers; 0 if it does not
   * @param options what the timestamp is to remember, in its last six bits
   */
  public Seen issue(SkBuff syn, int mss, int options) {
    int number = syn.u32(syn.transportOffset() + 4) + index(table(syn), mss);
    int timestamp = (int) (clock.nanos() / MILLISECOND) & ~TIMESTAMP_OPTIONS | options;
    Seen seen = expected.isEmpty() ? null : unshifted(syn, expected.remove(), number);
    int cookie = seen != null && learn(syn, seen.cookie() - number) ? seen.cookie() : hash(syn, minute()) + number;
    boolean fits = seen != null && (seen.timestamp() & TIMESTAMP_OPTIONS) == options;
    return new Seen(cookie, fits ? seen.timestamp() : timestamp);
  }

  /**
   * A SYN-ACK as it was when it was made: where the same ends have had a connection just before, it has been taken for one of
   * that one's, and its numbers have been shifted on their way out.
   */
  private Seen unshifted(SkBuff syn, Seen seen, int number) {
    Synproxy before = conntrack.tuple(syn).flatMap(t -> conntrack.find(t, 0)).map(Synproxy::of).orElse(null);
    Known k = known.get(Ends.of(syn));
    if (before == null || k == null || seen.cookie() - before.sequenceShift() - number != k.hash) {
      return seen;
    }
    return new Seen(seen.cookie() - before.sequenceShift(), seen.timestamp() + before.timestampShift());
  }

  /** The MSS that the cookie remembers which a client's segment acknowledges; 0 where it acknowledges none. */
  public int check(SkBuff skb) {
    int at = skb.transportOffset();
    int rest = skb.u32(at + 8) - 1 - (skb.u32(at + 4) - 1);
    int[] table = table(skb);
    Known seen = known.get(Ends.of(skb));
    if (seen != null) {
      int mss = isGood(seen.sinceNanos) ? mss(table, rest - seen.hash) : 0;
      return mss == 0 && isGood(seen.beforeNanos) ? mss(table, rest - seen.hashBefore) : mss;
    }
    int mss = 0;
    for (int age = 0; age < MAX_AGE && mss == 0; age++) {
      mss = mss(table, rest - hash(skb, minute() - age));
    }
    return mss;
  }

  /** Whether a connection may have this hash: it does not change twice within a minute. */
  private boolean learn(SkBuff syn, int hash) {
    Known k = known.computeIfAbsent(Ends.of(syn), e -> new Known());
    boolean first = k.sinceNanos == 0;
    if (!first && k.hash != hash) {
      if (clock.nanos() - k.beforeNanos < MINUTE) {
        return false;
      }
      k.hashBefore = k.hash;
      k.beforeNanos = clock.nanos();
    }
    k.hash = hash;
    k.sinceNanos = clock.nanos();
    return true;
  }

  private boolean isGood(long nanos) {
    return minute() - nanos / MINUTE < MAX_AGE;
  }

  private long minute() {
    return clock.nanos() / MINUTE;
  }

  private static int[] table(SkBuff skb) {
    return skb.family() == Family.IPV4 ? MSS4 : MSS6;
  }

  private static int index(int[] table, int mss) {
    int i = table.length - 1;
    while (i > 0 && mss < table[i]) {
      i--;
    }
    return i;
  }

  private static int mss(int[] table, int index) {
    return index >= 0 && index < table.length ? table[index] : 0;
  }

  private int hash(SkBuff skb, long minute) {
    if (!drawn) {
      drawn = true;
      secret = random.nextLong();
    }
    long h = mix(secret ^ minute);
    h = mix(h ^ skb.srcHi());
    h = mix(h ^ skb.srcLo());
    h = mix(h ^ skb.dstHi());
    h = mix(h ^ skb.dstLo());
    return (int) mix(h ^ skb.u32(skb.transportOffset()));
  }

  /** The finalizer of SplittableRandom. */
  private static long mix(long z) {
    long a = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    long b = (a ^ a >>> 27) * 0x94d049bb133111ebL;
    return b ^ b >>> 31;
  }
}
