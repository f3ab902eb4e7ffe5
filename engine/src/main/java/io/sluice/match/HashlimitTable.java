package io.sluice.match;

import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import java.util.HashMap;
import java.util.Map;

/** The buckets of one hashlimit table (struct xt_hashlimit_htable). A bucket that is new allocates, others do not. */
final class HashlimitTable implements MatchState {
  /** Buckets of a table without --hashlimit-htable-size on a machine with more than 1 GB. */
  private static final long DEFAULT_SIZE = 8192;

  /** What packets are told apart by; mutable, so that looking up needs no new one. */
  private static final class Key {
    private long srcHi;
    private long srcLo;
    private long dstHi;
    private long dstLo;
    private int ports;

    Key copy() {
      Key copy = new Key();
      copy.srcHi = srcHi;
      copy.srcLo = srcLo;
      copy.dstHi = dstHi;
      copy.dstLo = dstLo;
      copy.ports = ports;
      return copy;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key k && k.srcLo == srcLo && k.dstLo == dstLo && k.ports == ports && k.srcHi == srcHi
          && k.dstHi == dstHi;
    }

    @Override
    public int hashCode() {
      long h = ((srcHi * 31 + srcLo) * 31 + dstHi) * 31 + dstLo;
      return (int) (h ^ h >>> 32) * 31 + ports;
    }
  }

  /** A bucket (struct dsthash_ent); times in jiffies. */
  static final class Bucket {
    private long expires;
    private long previous;
    private long credit;
    private long burstLeft;
    private boolean previousWindow;
    private long currentRate;

    private Bucket copy() {
      Bucket copy = new Bucket();
      copy.expires = expires;
      copy.previous = previous;
      copy.credit = credit;
      copy.burstLeft = burstLeft;
      copy.previousWindow = previousWindow;
      copy.currentRate = currentRate;
      return copy;
    }
  }

  private final HashlimitConfig config;
  private final Map<Key, Bucket> buckets = new HashMap<>();
  private final Key probe = new Key();
  private final long maximum;
  private long begun = -1;

  HashlimitTable(HashlimitConfig config) {
    this.config = config;
    long size = config.size() == 0 ? DEFAULT_SIZE : config.size();
    this.maximum = config.max() == 0 ? 8 * size : Math.max(config.max(), size);
  }

  @Override
  public MatchState copy() {
    HashlimitTable copy = new HashlimitTable(config);
    copy.begun = begun;
    buckets.forEach((key, bucket) -> copy.buckets.put(key, bucket.copy()));
    return copy;
  }

  /** The packet's bucket, filled up to now; null when its ports cannot be read or the table is full. */
  Bucket bucket(SkBuff skb, long now) {
    if (begun < 0) {
      begun = now;
    }
    if (!fill(skb)) {
      return null;
    }
    long collected = begun + (now - begun) / jiffies(config.gcMillis()) * jiffies(config.gcMillis());
    Bucket bucket = buckets.get(probe);
    if (bucket != null && bucket.expires <= collected) {
      buckets.remove(probe); // the garbage collector has passed since it expired
      bucket = null;
    }
    if (bucket == null) {
      if (buckets.size() >= maximum) {
        buckets.values().removeIf(b -> b.expires <= collected);
        if (buckets.size() >= maximum) {
          return null;
        }
      }
      bucket = new Bucket();
      begin(bucket, now);
      buckets.put(probe.copy(), bucket);
    } else {
      refill(bucket, now);
    }
    bucket.expires = now + jiffies(config.expireMillis());
    return bucket;
  }

  private static long jiffies(long millis) {
    return Math.max(1, (millis * Jiffies.HZ + 999) / 1000);
  }

  private boolean fill(SkBuff skb) {
    int mode = config.mode();
    boolean v4 = skb.family() == Family.IPV4;
    probe.srcHi = (mode & HashlimitConfig.SOURCE) != 0 ? high(skb.srcHi(), config.sourceBits(), v4) : 0;
    probe.srcLo = (mode & HashlimitConfig.SOURCE) != 0 ? low(skb.srcLo(), config.sourceBits(), v4) : 0;
    probe.dstHi = (mode & HashlimitConfig.DESTINATION) != 0 ? high(skb.dstHi(), config.destinationBits(), v4) : 0;
    probe.dstLo = (mode & HashlimitConfig.DESTINATION) != 0 ? low(skb.dstLo(), config.destinationBits(), v4) : 0;
    probe.ports = 0;
    if ((mode & (HashlimitConfig.SOURCE_PORT | HashlimitConfig.DESTINATION_PORT)) == 0 || !v4 && skb.fragmentOffset() != 0) {
      return true;
    }
    if (!skb.leadsToTransport()) {
      return false;
    }
    int offset = portsOffset(skb.protocol());
    if (offset < 0) {
      return true;
    }
    if (!skb.hasTransport(offset + 4)) {
      return false;
    }
    int at = skb.transportOffset() + offset;
    probe.ports = ((mode & HashlimitConfig.SOURCE_PORT) != 0 ? skb.u16(at) << 16 : 0)
        | ((mode & HashlimitConfig.DESTINATION_PORT) != 0 ? skb.u16(at + 2) : 0);
    return true;
  }

  private static long high(long hi, int bits, boolean v4) {
    return v4 || bits == 0 ? 0 : bits >= 64 ? hi : hi & -1L << 64 - bits;
  }

  private static long low(long lo, int bits, boolean v4) {
    if (v4) {
      return bits == 0 ? 0 : lo & 0xffff_ffffL << 32 - bits;
    }
    return bits <= 64 ? 0 : lo & -1L << 128 - bits;
  }

  /** proto_ports_offset(): where what tells flows apart stands in the transport header; -1 for none. */
  private static int portsOffset(int protocol) {
    switch (protocol) {
      case Protocols.TCP:
      case Protocols.UDP:
      case Protocols.DCCP:
      case Protocols.ESP:
      case Protocols.SCTP:
      case Protocols.UDPLITE:
        return 0;
      case Protocols.AH:
        return 4;
      default:
        return -1;
    }
  }

  /** rateinfo_init(). */
  private void begin(Bucket bucket, long now) {
    bucket.previous = now;
    if (config.bytes()) {
      bucket.credit = HashlimitConfig.FULL;
      bucket.burstLeft = config.burst();
    } else {
      bucket.credit = HashlimitConfig.credits(config.average() * config.burst());
    }
  }

  /** rateinfo_recalc(). */
  private void refill(Bucket bucket, long now) {
    long delta = now - bucket.previous;
    if (delta == 0) {
      return;
    }
    if (config.rateMatch()) {
      long interval = config.interval() * Jiffies.HZ;
      if (delta >= interval) {
        bucket.previous = now;
        bucket.previousWindow = bucket.currentRate * interval > delta * config.rate();
        bucket.currentRate = 0;
      }
      return;
    }
    bucket.previous = now;
    if (config.bytes()) {
      bucket.credit = Math.min(HashlimitConfig.FULL, bucket.credit + HashlimitConfig.BYTE_CREDITS_PER_JIFFY * Math.min(delta, Jiffies.HZ));
      return;
    }
    long cap = HashlimitConfig.credits(config.average() * config.burst());
    bucket.credit += delta * HashlimitConfig.CREDITS_PER_JIFFY;
    if (Long.compareUnsigned(bucket.credit, cap) > 0) {
      bucket.credit = cap;
    }
  }

  /** Whether the packet is within the limit; it then uses credit up. {@code rule} is the asking rule's settings. */
  boolean take(Bucket bucket, HashlimitConfig rule, int length) {
    if (rule.rateMatch()) {
      bucket.currentRate += rule.bytes() ? length : 1;
      return !bucket.previousWindow && bucket.currentRate <= config.rateBurst();
    }
    long cost;
    if (rule.bytes()) {
      cost = Math.min(HashlimitConfig.FULL, config.byteCost(length));
      if (bucket.credit < cost && bucket.burstLeft > 0) {
        bucket.burstLeft--;
        bucket.credit = HashlimitConfig.FULL;
      }
    } else {
      cost = HashlimitConfig.credits(config.average());
    }
    if (Long.compareUnsigned(bucket.credit, cost) < 0) {
      return false;
    }
    bucket.credit -= cost;
    return true;
  }
}
