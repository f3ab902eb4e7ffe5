package io.sluice.ipset;

import io.sluice.netfilter.Clock;
import java.util.Arrays;

/**
 * The elements of a set with their extensions: dense arrays in the order of arrival, found by open addressing.
 *
 * <pre>
 *   slots   [ -  | 2 | -  | 1 | 3 | -  | -  | - ]    entry + 1, 0 = never used, -1 = deleted; linear probing
 *   keys    [ k0 ... | k1 ... | k2 ... ]             {@code words} longs an entry
 *   flags   [  0     |  DEAD  |   0    ]             and so on for every extension that the set was created with
 * </pre>
 *
 * <p>A key may have a tail that is not hashed ({@code hashed < words}): interface names and Ethernet addresses, of which
 * several may stand under one head. A look-up allocates nothing.
 */
final class ElementTable {
  static final int NOMATCH = 1;
  private static final int DEAD = 2;
  private static final long NANOS = 1_000_000_000L;
  /** So many counts can be taken back. */
  private static final int MOST_MOVED = 16;

  private final int words;
  private final int hashed;
  private final SetHeader header;
  private Clock clock;
  private int[] slots = new int[16];
  private int usedSlots;
  private int entries;
  private int live;
  private long[] keys;
  private byte[] flags = new byte[8];
  /** Nanoseconds; 0 = stays for ever, negative = a duration that has not begun. */
  private long[] expires;
  private long[] packets;
  private long[] bytes;
  private String[] comments;
  private SkbColumns skb;
  /** The entries whose counters have moved since this was copied, the first ones, with what those were. */
  private final int[] moved = new int[MOST_MOVED];
  private final long[] movedPackets = new long[MOST_MOVED];
  private final long[] movedBytes = new long[MOST_MOVED];
  private int movedCount;

  /** The four numbers of {@code skbinfo}. */
  private static final class SkbColumns {
    int[] mark = new int[8];
    int[] mask = new int[8];
    int[] priority = new int[8];
    int[] queue = new int[8];

    void grow(int length) {
      mark = Arrays.copyOf(mark, length);
      mask = Arrays.copyOf(mask, length);
      priority = Arrays.copyOf(priority, length);
      queue = Arrays.copyOf(queue, length);
    }

    void clear(int entry) {
      mark[entry] = 0;
      mask[entry] = 0;
      priority[entry] = 0;
      queue[entry] = 0;
    }

    void move(int from, int to) {
      mark[to] = mark[from];
      mask[to] = mask[from];
      priority[to] = priority[from];
      queue[to] = queue[from];
    }
  }

  ElementTable(SetHeader header, int words, int hashed, Clock clock) {
    this.header = header;
    this.words = words;
    this.hashed = hashed;
    this.clock = clock;
    this.keys = new long[8 * words];
    this.expires = header.timeouts() ? new long[8] : null;
    this.packets = header.counters() ? new long[8] : null;
    this.bytes = header.counters() ? new long[8] : null;
    this.comments = header.comment() ? new String[8] : null;
    this.skb = header.skbinfo() ? new SkbColumns() : null;
  }

  /** A copy on another clock; what time is left to each element stays. */
  ElementTable copy(Clock other) {
    ElementTable t = new ElementTable(header, words, hashed, other);
    t.slots = slots.clone();
    t.usedSlots = usedSlots;
    t.entries = entries;
    t.live = live;
    t.keys = keys.clone();
    t.flags = flags.clone();
    if (expires != null) {
      t.expires = expires.clone();
      long shift = other.nanos() - clock.nanos();
      for (int i = 0; i < entries && shift != 0; i++) {
        t.expires[i] += t.expires[i] > 0 ? shift : 0;
      }
    }
    if (packets != null) {
      t.packets = packets.clone();
      t.bytes = bytes.clone();
    }
    if (comments != null) {
      t.comments = comments.clone();
    }
    if (skb != null) {
      t.skb.mark = skb.mark.clone();
      t.skb.mask = skb.mask.clone();
      t.skb.priority = skb.priority.clone();
      t.skb.queue = skb.queue.clone();
    }
    return t;
  }

  /**
   * Takes back what packets have counted since this was copied, in a table that has not changed otherwise; false where that was
   * too much.
   *
   * @param other a clock to go on with, which stands where the present one stood then
   */
  boolean restart(Clock other) {
    if (movedCount > MOST_MOVED) {
      return false;
    }
    while (movedCount > 0) {
      movedCount--;
      setCounters(moved[movedCount], movedPackets[movedCount], movedBytes[movedCount]);
    }
    clock = other;
    return true;
  }

  private void remember(int entry) {
    if (movedCount < MOST_MOVED) {
      moved[movedCount] = entry;
      movedPackets[movedCount] = packets[entry];
      movedBytes[movedCount] = bytes[entry];
    }
    movedCount += movedCount <= MOST_MOVED ? 1 : 0;
  }

  private int home(long[] key) {
    long h = 0;
    for (int i = 0; i < hashed; i++) {
      h = (h ^ key[i]) * 0x9E37_79B9_7F4A_7C15L;
      h ^= h >>> 32;
    }
    return (int) h & slots.length - 1;
  }

  /** The entry with exactly this key, or -1. */
  int find(long[] key) {
    int mask = slots.length - 1;
    for (int slot = home(key); slots[slot] != 0; slot = slot + 1 & mask) {
      int entry = slots[slot] - 1;
      if (entry >= 0 && same(entry, key, words)) {
        return entry;
      }
    }
    return -1;
  }

  /** The first entry with this head at or after probe step {@code step}; the step is {@link #steps} then. */
  int findHead(long[] key, int step) {
    int mask = slots.length - 1;
    int home = home(key);
    for (int i = step; slots[home + i & mask] != 0; i++) {
      int entry = slots[home + i & mask] - 1;
      if (entry >= 0 && same(entry, key, hashed)) {
        steps = i + 1;
        return entry;
      }
    }
    return -1;
  }

  private int steps;

  /** Where to go on after {@link #findHead} found something. */
  int steps() {
    return steps;
  }

  private boolean same(int entry, long[] key, int count) {
    int at = entry * words;
    for (int i = 0; i < count; i++) {
      if (keys[at + i] != key[i]) {
        return false;
      }
    }
    return true;
  }

  /** Adds a key that is not there yet; its extensions are empty. */
  int add(long[] key) {
    if ((usedSlots + 1) * 2 > slots.length || entries == flags.length) {
      makeRoom();
    }
    int entry = entries++;
    System.arraycopy(key, 0, keys, entry * words, words);
    flags[entry] = 0;
    clearExtensions(entry);
    live++;
    insert(entry, key);
    return entry;
  }

  private void clearExtensions(int entry) {
    if (expires != null) {
      expires[entry] = 0;
    }
    if (packets != null) {
      packets[entry] = 0;
      bytes[entry] = 0;
    }
    if (comments != null) {
      comments[entry] = null;
    }
    if (skb != null) {
      skb.clear(entry);
    }
  }

  private void insert(int entry, long[] key) {
    int mask = slots.length - 1;
    int slot = home(key);
    while (slots[slot] != 0) {
      slot = slot + 1 & mask;
    }
    slots[slot] = entry + 1;
    usedSlots++;
  }

  void remove(int entry) {
    long[] key = new long[words];
    System.arraycopy(keys, entry * words, key, 0, words);
    int mask = slots.length - 1;
    int slot = home(key);
    while (slots[slot] != entry + 1) {
      slot = slot + 1 & mask;
    }
    slots[slot] = -1;
    flags[entry] = DEAD;
    if (comments != null) {
      comments[entry] = null;
    }
    live--;
  }

  /** Squeezes out dead entries, or doubles the arrays if there are few; then makes the slots anew. */
  private void makeRoom() {
    if (live < entries) {
      int to = 0;
      for (int from = 0; from < entries; from++) {
        if ((flags[from] & DEAD) == 0) {
          move(from, to++);
        }
      }
      entries = to;
    }
    int capacity = flags.length;
    while (capacity < live + (live >> 1) + 8) {
      capacity *= 2;
    }
    grow(capacity);
    int size = 16;
    while (size < capacity * 2) {
      size *= 2;
    }
    slots = new int[size];
    usedSlots = 0;
    long[] key = new long[words];
    for (int i = 0; i < entries; i++) {
      System.arraycopy(keys, i * words, key, 0, words);
      insert(i, key);
    }
  }

  private void move(int from, int to) {
    System.arraycopy(keys, from * words, keys, to * words, words);
    flags[to] = flags[from];
    if (expires != null) {
      expires[to] = expires[from];
    }
    if (packets != null) {
      packets[to] = packets[from];
      bytes[to] = bytes[from];
    }
    if (comments != null) {
      comments[to] = comments[from];
    }
    if (skb != null) {
      skb.move(from, to);
    }
  }

  private void grow(int capacity) {
    if (capacity == flags.length) {
      return;
    }
    keys = Arrays.copyOf(keys, capacity * words);
    flags = Arrays.copyOf(flags, capacity);
    expires = expires == null ? null : Arrays.copyOf(expires, capacity);
    packets = packets == null ? null : Arrays.copyOf(packets, capacity);
    bytes = bytes == null ? null : Arrays.copyOf(bytes, capacity);
    comments = comments == null ? null : Arrays.copyOf(comments, capacity);
    if (skb != null) {
      skb.grow(capacity);
    }
  }

  void clear() {
    Arrays.fill(slots, 0);
    usedSlots = 0;
    entries = 0;
    live = 0;
  }

  /** How many elements there are, expired ones that nobody has met yet included. */
  int size() {
    return live;
  }

  /** One past the highest entry number; some below may be {@link #isDead}. */
  int entries() {
    return entries;
  }

  boolean isDead(int entry) {
    return (flags[entry] & DEAD) != 0;
  }

  long word(int entry, int word) {
    return keys[entry * words + word];
  }

  /** Changes a word that is not hashed. */
  void setWord(int entry, int word, long value) {
    keys[entry * words + word] = value;
  }

  boolean nomatch(int entry) {
    return (flags[entry] & NOMATCH) != 0;
  }

  void setNomatch(int entry, boolean nomatch) {
    flags[entry] = (byte) (nomatch ? NOMATCH : 0);
  }

  /** ip_set_timeout_expired(), which takes seconds that wait for their start for a time long past. */
  boolean expired(int entry) {
    return expires != null && expires[entry] != 0 && expires[entry] < clock.nanos();
  }

  /** Stays for so many seconds from now on, 0 for ever. */
  void setTimeout(int entry, long seconds) {
    if (expires != null) {
      expires[entry] = seconds == 0 ? 0 : clock.nanos() + seconds * NANOS;
    }
  }

  /** Will stay for so many seconds once {@link #startTimeout} is called. */
  void setPendingTimeout(int entry, long seconds) {
    if (expires != null) {
      expires[entry] = -seconds * NANOS;
    }
  }

  void startTimeout(int entry) {
    if (expires != null && expires[entry] < 0) {
      expires[entry] = clock.nanos() - expires[entry];
    }
  }

  /** Seconds left, 0 for ever; at least 1 for what has not expired: ip_set_timeout_get(). */
  long timeoutSeconds(int entry) {
    if (expires[entry] == 0) {
      return 0;
    }
    long nanos = expires[entry] < 0 ? -expires[entry] : expires[entry] - clock.nanos();
    return Math.max(1, nanos / NANOS);
  }

  /** What an {@code add} line says of counters, comment and skbinfo. */
  void setExtensions(int entry, SetElement e) {
    if (packets != null) {
      packets[entry] = e.packets == SetElement.NONE ? packets[entry] : e.packets;
      bytes[entry] = e.bytes == SetElement.NONE ? bytes[entry] : e.bytes;
    }
    if (comments != null) {
      comments[entry] = e.comment.isEmpty() ? null : e.comment;
    }
    if (skb != null) {
      skb.mark[entry] = e.skbMark;
      skb.mask[entry] = e.skbMarkMask;
      skb.priority[entry] = e.skbPriority;
      skb.queue[entry] = e.skbQueue;
    }
  }

  void setCounters(int entry, long packetCount, long byteCount) {
    packets[entry] = packetCount;
    bytes[entry] = byteCount;
  }

  /** What an element has that a packet added: the packet counts, comment and skbinfo are empty. */
  void setExtensions(int entry, Lookup q) {
    if (packets != null) {
      packets[entry] = 1;
      bytes[entry] = q.packet.length();
    }
    if (comments != null) {
      comments[entry] = null;
    }
    if (skb != null) {
      skb.clear(entry);
    }
  }

  /** The reverse of {@link #setExtensions}, with the time left. */
  void getExtensions(int entry, SetElement e) {
    e.nomatch = nomatch(entry);
    e.timeoutSeconds = expires == null ? SetElement.NONE : timeoutSeconds(entry);
    if (packets != null) {
      e.packets = packets[entry];
      e.bytes = bytes[entry];
    }
    e.comment = comments == null || comments[entry] == null ? "" : comments[entry];
    if (skb != null) {
      e.skbMark = skb.mark[entry];
      e.skbMarkMask = skb.mask[entry];
      e.skbPriority = skb.priority[entry];
      e.skbQueue = skb.queue[entry];
    }
  }

  /**
   * Whether the entry that was found counts as a match: ip_set_match_extensions() in net/netfilter/ipset/ip_set_core.c.
   * Its counters move even if the condition on them, tested afterwards, does not hold.
   */
  boolean match(int entry, Lookup q) {
    if (expired(entry)) {
      return false;
    }
    q.found(entry);
    if (packets != null) {
      if (q.counts && q.updateCounters) {
        remember(entry);
        q.set.touched = true;
        packets[entry]++;
        bytes[entry] += q.packet.length();
      }
      if (q.matchCounters && !(q.query.packets().holds(packets[entry]) && q.query.bytes().holds(bytes[entry]))) {
        return false;
      }
    }
    if (skb != null) {
      q.info.mark = skb.mark[entry];
      q.info.markMask = skb.mask[entry];
      q.info.priority = skb.priority[entry];
      q.info.queue = skb.queue[entry];
    }
    return true;
  }
}
