package io.sluice.packet;

import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import it.unimi.dsi.fastutil.longs.Long2LongOpenHashMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Joins fragments, as conntrack needs it and as local delivery does. The last fragment to arrive carries the whole
 * packet on.
 *
 * <p>Kernel: ip_frag_queue() and ip_frag_reasm() in net/ipv4/ip_fragment.c; nf_ct_frag6_gather(), nf_ct_frag6_queue()
 * and nf_ct_frag6_reasm() in net/ipv6/netfilter/nf_conntrack_reasm.c. Not modelled: the memory limit counts the
 * fragments' bytes, the kernel's counts its buffers too, so the kernel refuses new fragments earlier.
 */
public final class Defragmenter {

  /** What became of a packet. */
  public enum Result {
    /** It is no fragment, or one that the kernel lets through unjoined: it goes on as it is. */
    PASSED,
    /** It was the last one missing: the packet now holds the whole datagram and goes on. */
    JOINED,
    /** It waits for the others. */
    QUEUED,
    /** It was dropped. */
    DROPPED
  }

  /**
   * A datagram that was given up.
   *
   * @param firstFragment the first fragment as it came, which an ICMP "time exceeded" would quote
   * @param ifindex the device by which its last fragment came
   * @param user whose fragments these were
   */
  public record Expired(byte[] firstFragment, int ifindex, int user) {}

  /**
   * The knobs.
   *
   * @param timeoutNanos4 net.ipv4.ipfrag_time
   * @param timeoutNanos6 net.netfilter.nf_conntrack_frag6_timeout
   * @param maxDistance net.ipv4.ipfrag_max_dist: so many fragments of the same source may come in between; 0 for any
   * @param maxBytes net.ipv4.ipfrag_high_thresh and its twin: no new fragment while more is held
   */
  public record Limits(long timeoutNanos4, long timeoutNanos6, int maxDistance, long maxBytes) {
    /** The kernel's defaults: 30 s, 60 s, 64, 4 MiB. */
    public static Limits defaults() {
      return new Limits(30_000_000_000L, 60_000_000_000L, 64, 4 << 20);
    }
  }

  private record Key(
      Family family, long srcHi, long srcLo, long dstHi, long dstLo, int id, int protocol, int user, int ifindex) {}

  private static final int MAX_LENGTH = 65535;

  private final Clock clock;
  private final Limits limits;
  private final Map<Key, FragmentQueue> queues4 = new LinkedHashMap<>();
  private final Map<Key, FragmentQueue> queues6 = new LinkedHashMap<>();
  private final Long2LongOpenHashMap fragmentsOfSource = new Long2LongOpenHashMap();
  private long held;

  public Defragmenter(Clock clock, Limits limits) {
    this.clock = clock;
    this.limits = limits;
  }

  /**
   * Takes a packet.
   *
   * @param user who wants it joined (hook and conntrack zone, or local delivery): fragments of different users are
   *     never joined
   * @param ifindex the device it came by
   */
  public Result offer(Packet p, int user, int ifindex) {
    if (p.family() == Family.IPV4) {
      return p.isFragment() ? offer4(p, user, ifindex) : Result.PASSED;
    }
    return p.u16(4) == 0 ? Result.PASSED : offer6(p, user, ifindex);
  }

  /** Gives up what is overdue and returns those datagrams whose first fragment had come, oldest first. */
  public List<Expired> expire() {
    List<Expired> out = new ArrayList<>();
    expire(queues4, out);
    expire(queues6, out);
    return out;
  }

  private void expire(Map<Key, FragmentQueue> queues, List<Expired> out) {
    Iterator<Map.Entry<Key, FragmentQueue>> it = queues.entrySet().iterator();
    while (it.hasNext()) {
      Map.Entry<Key, FragmentQueue> e = it.next();
      // All queues of a family wait equally long and stand in the order of their making.
      if (e.getValue().deadlineNanos > clock.nanos()) {
        return;
      }
      it.remove();
      held -= e.getValue().memory();
      if (e.getValue().firstFragment() != null) {
        out.add(new Expired(e.getValue().firstFragment(), e.getValue().ifindex, e.getKey().user()));
      }
    }
  }

  private Result offer4(Packet p, int user, int ifindex) {
    Key key = new Key(Family.IPV4, 0, p.srcLo(), 0, p.dstLo(), p.ipId(), p.protocol(), user, 0);
    FragmentQueue q = find(queues4, key, limits.timeoutNanos4(), ifindex);
    if (q == null) {
      return Result.DROPPED;
    }
    if (isTooFar(q, p.srcLo()) && !q.isEmpty()) {
      discard(queues4, key, q);
      q = find(queues4, key, limits.timeoutNanos4(), ifindex);
      q.peerCount = fragmentsOfSource.get(p.srcLo());
    }
    int offset = p.fragmentOffset();
    int header = p.headerLength();
    int end = offset + p.length() - header;
    boolean ends = !p.moreFragments();
    if (!ends) {
      end &= ~7;
    }
    if (ends ? end < q.length || q.lastIn && end != q.length : end > q.length && q.lastIn) {
      return discard(queues4, key, q);
    }
    q.length = Math.max(q.length, end);
    q.lastIn |= ends;
    if (end <= offset) {
      return discard(queues4, key, q);
    }
    switch (q.insert(offset, Arrays.copyOfRange(p.data(), header, header + end - offset))) {
      case DUPLICATE:
        return Result.DROPPED;
      case OVERLAP:
        return discard(queues4, key, q);
      default:
        held += end - offset;
    }
    q.addEcn(p.tos());
    int size = end - offset + header;
    q.maxSize = Math.max(q.maxSize, size);
    if (p.dontFragment()) {
      q.maxDontFragmentSize = Math.max(q.maxDontFragmentSize, size);
    }
    if (offset == 0) {
      q.setFirst(Arrays.copyOf(p.data(), header), p.toBytes());
    }
    if (!q.isComplete()) {
      return Result.QUEUED;
    }
    discard(queues4, key, q);
    int ecn = q.mergedEcn();
    return ecn < 0 || q.head().length + q.length > MAX_LENGTH ? Result.DROPPED : join4(p, q, ecn);
  }

  private static Result join4(Packet p, FragmentQueue q, int ecn) {
    byte[] whole = q.join(q.head());
    Reassembly reassembly = q.reassembly();
    whole[1] |= (byte) ecn;
    whole[2] = (byte) (whole.length >> 8);
    whole[3] = (byte) whole.length;
    whole[6] = (byte) (reassembly.keepDontFragment() ? 0x40 : 0);
    whole[7] = 0;
    IpHeaders.writeChecksum(whole, q.head().length);
    p.replaceBytes(whole, whole.length);
    p.setReassembly(reassembly);
    return Result.JOINED;
  }

  /**
   * Counts the fragments of each source; if too many of others came between two of one queue, its id may have been used
   * again and the old fragments are given up: ip_frag_too_far().
   */
  private boolean isTooFar(FragmentQueue q, long source) {
    if (limits.maxDistance() == 0) {
      return false;
    }
    if (queues4.size() == 1 && q.isEmpty()) {
      fragmentsOfSource.clear(); // nobody waits whose count this could be
    }
    long start = q.peerCount;
    long end = fragmentsOfSource.addTo(source, 1) + 1;
    q.peerCount = end;
    return end - start > limits.maxDistance();
  }

  private Result offer6(Packet p, int user, int ifindex) {
    int header = Ipv6Extensions.find(p, Protocols.IPV6_FRAGMENT);
    if (header < 0 || isTransportTruncated(p, header)) {
      return Result.PASSED;
    }
    if (header + 8 > p.length()) {
      return Result.DROPPED;
    }
    boolean scoped = p.dstHi() >>> 56 == 0xff || p.dstHi() >>> 54 == 0xfe80 >>> 6;
    Key key = new Key(Family.IPV6, p.srcHi(), p.srcLo(), p.dstHi(), p.dstLo(), p.u32(header + 4), 0, user,
        scoped ? ifindex : 0);
    FragmentQueue q = find(queues6, key, limits.timeoutNanos6(), ifindex);
    if (q == null) {
      return Result.DROPPED;
    }
    int field = p.u16(header + 2);
    int offset = field & 0xfff8;
    int end = offset + p.length() - header - 8;
    boolean ends = (field & 1) == 0;
    if (end > MAX_LENGTH) {
      return Result.PASSED;
    }
    if (!ends && (end & 7) != 0) {
      discard(queues6, key, q);
      return Result.PASSED;
    }
    if (ends ? end < q.length || q.lastIn && end != q.length : end > q.length && q.lastIn) {
      return Result.DROPPED;
    }
    q.length = Math.max(q.length, end);
    q.lastIn |= ends;
    if (end == offset) {
      return Result.DROPPED;
    }
    switch (q.insert(offset, Arrays.copyOfRange(p.data(), header + 8, p.length()))) {
      case DUPLICATE:
        return Result.DROPPED;
      case OVERLAP:
        return discard(queues6, key, q);
      default:
        held += end - offset;
    }
    q.addEcn(p.tos());
    q.maxSize = Math.max(q.maxSize, p.length());
    if (offset == 0) {
      q.setFirst(Arrays.copyOf(p.data(), header + 8), p.toBytes());
    }
    if (!q.isComplete()) {
      return Result.QUEUED;
    }
    discard(queues6, key, q);
    int ecn = q.mergedEcn();
    return ecn < 0 || q.head().length - 48 + q.length > MAX_LENGTH ? Result.DROPPED : join6(p, q, ecn);
  }

  /** The datagram without its fragment header, whose "next header" goes to the header before it. */
  private static Result join6(Packet p, FragmentQueue q, int ecn) {
    byte[] head = q.head();
    int header = head.length - 8;
    byte[] kept = Arrays.copyOf(head, header);
    kept[previousNextHeader(head, header)] = head[header];
    byte[] whole = q.join(kept);
    whole[1] |= (byte) (ecn << 4);
    whole[4] = (byte) (whole.length - 40 >> 8);
    whole[5] = (byte) (whole.length - 40);
    p.replaceBytes(whole, whole.length);
    p.setReassembly(q.reassembly());
    return Result.JOINED;
  }

  /** Where the "next header" field stands that points to the header at {@code target}. */
  private static int previousNextHeader(byte[] head, int target) {
    int field = 6;
    int at = 40;
    while (at < target) {
      int next = head[field] & 0xff;
      field = at;
      int length = head[at + 1] & 0xff;
      at += next == Protocols.AH ? (length + 2) * 4 : (length + 1) * 8;
    }
    return field;
  }

  /** ipv6frag_thdr_truncated(): a first fragment without its whole transport header (RFC 8200 section 4.5). */
  private static boolean isTransportTruncated(Packet p, int fragmentHeader) {
    int next = Protocols.IPV6_FRAGMENT;
    int at = fragmentHeader;
    while (Ipv6Extensions.isExtension(next)) {
      if (next == Protocols.IPV6_NONE || at + (next == Protocols.IPV6_FRAGMENT ? 4 : 2) > p.length()) {
        return false;
      }
      if (next == Protocols.IPV6_FRAGMENT && (p.u16(at + 2) & 0xfff8) != 0) {
        return false;
      }
      int size = Ipv6Extensions.size(p, next, at);
      next = p.u8(at);
      at += size;
    }
    int needed = next == Protocols.TCP ? 20 : next == Protocols.UDP || next == Protocols.ICMPV6 ? 8 : 1;
    return at + needed > p.length();
  }

  private FragmentQueue find(Map<Key, FragmentQueue> queues, Key key, long timeoutNanos, int ifindex) {
    FragmentQueue q = queues.get(key);
    if (q != null && q.deadlineNanos <= clock.nanos()) {
      discard(queues, key, q);
      q = null;
    }
    if (held > limits.maxBytes()) {
      return null;
    }
    if (q == null) {
      q = new FragmentQueue(clock.nanos() + timeoutNanos, ifindex);
      queues.put(key, q);
    }
    return q;
  }

  private Result discard(Map<Key, FragmentQueue> queues, Key key, FragmentQueue q) {
    queues.remove(key);
    held -= q.memory();
    return Result.DROPPED;
  }
}
