package io.sluice.match;

import io.sluice.net.MatchState;
import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One list of {@code -m recent} (struct recent_table): at most 100 addresses, the one that was not touched longest gives
 * way, each with the times at which it was seen, in jiffies.
 */
final class RecentList implements MatchState {
  /** ip_list_tot, a parameter of the module. */
  private static final int MAX_ENTRIES = 100;
  /** Of the times of an address the last ones are kept: XT_RECENT_MAX_NSTAMPS. */
  private static final int MAX_TIMES = 0x10000;

  /** By the time they were last touched, earliest first. */
  private final List<Entry> entries = new ArrayList<>(MAX_ENTRIES);
  private final long maskHi;
  private final long maskLo;

  RecentList(long maskHi, long maskLo) {
    this.maskHi = maskHi;
    this.maskLo = maskLo;
  }

  /** An address. */
  static final class Entry {
    private Family family;
    private long hi;
    private long lo;
    private int ttl;
    private long[] times = new long[32];
    private int count;

    /** Whether it was seen {@code hits} times at or after {@code since}. */
    boolean seen(long since, int hits) {
      int kept = Math.min(count, MAX_TIMES);
      return hits <= kept && times[(count - hits) % times.length] >= since;
    }

    private void add(long now) {
      if (count == times.length && count < MAX_TIMES) {
        times = Arrays.copyOf(times, 2 * count);
      }
      times[count % times.length] = now;
      count++;
    }

    private long last() {
      return times[(count - 1) % times.length];
    }
  }

  @Override
  public MatchState copy() {
    RecentList copy = new RecentList(maskHi, maskLo);
    for (Entry entry : entries) {
      Entry e = new Entry();
      e.family = entry.family;
      e.hi = entry.hi;
      e.lo = entry.lo;
      e.ttl = entry.ttl;
      e.times = entry.times.clone();
      e.count = entry.count;
      copy.entries.add(e);
    }
    return copy;
  }

  /** The address's entry, or null. A TTL of 0, here or in the entry, stands for any. */
  Entry find(Family family, long hi, long lo, int ttl) {
    for (int i = 0; i < entries.size(); i++) {
      Entry e = entries.get(i);
      if (e.lo == (lo & maskLo) && e.hi == (hi & maskHi) && e.family == family
          && (ttl == e.ttl || ttl == 0 || e.ttl == 0)) {
        return e;
      }
    }
    return null;
  }

  void add(Family family, long hi, long lo, int ttl, long now) {
    if (entries.size() >= MAX_ENTRIES) {
      entries.remove(0);
    }
    Entry entry = new Entry();
    entry.family = family;
    entry.hi = hi & maskHi;
    entry.lo = lo & maskLo;
    entry.ttl = ttl;
    entry.add(now);
    entries.add(entry);
  }

  void remove(Entry entry) {
    entries.remove(entry);
  }

  /** Takes out the entry that was not touched longest, if that was before {@code since} and it is not {@code spared}. */
  void reap(long since, Entry spared) {
    if (!entries.isEmpty() && entries.get(0) != spared && since > entries.get(0).last()) {
      entries.remove(0);
    }
  }

  /** The address was seen once more. */
  void touch(Entry entry, int ttl, long now) {
    entry.add(now);
    entry.ttl = ttl;
    if (entries.remove(entry)) {
      entries.add(entry);
    }
  }
}
