package io.sluice.ipset;

import io.sluice.netfilter.Clock;
import io.sluice.packet.Protocols;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import java.util.function.Consumer;

/**
 * bitmap:ip, bitmap:ip,mac and bitmap:port, kept in an {@link ElementTable} by the number of the bit.
 *
 * <p>Kernel: net/netfilter/ipset/ip_set_bitmap_gen.h (mtype_add()), ip_set_bitmap_ip.c, ip_set_bitmap_ipmac.c,
 * ip_set_bitmap_port.c.
 */
final class BitmapIpSet extends IpSet {
  private static final long MAC_UNSET = -1;

  private final boolean mac;
  private final int shift;
  private final long[] key = new long[2];
  /**
   * Packets and bytes of bits that were cleared: their memory is not, and an element that is added again goes on with what it
   * is not told anew (ip_set_init_counter()).
   */
  private final Long2ObjectOpenHashMap<long[]> oldCounters = new Long2ObjectOpenHashMap<>();
  private ElementTable table;

  BitmapIpSet(SetHeader header, Clock clock) {
    super(header);
    this.mac = header.type() == SetType.BITMAP_IP_MAC;
    this.shift = header.type() == SetType.BITMAP_IP ? 32 - header.netmask().orElse(32) : 0;
    this.table = new ElementTable(header, mac ? 2 : 1, 1, clock);
  }

  @Override
  IpSet copy(Clock clock) {
    BitmapIpSet copy = new BitmapIpSet(header(), clock);
    copy.table = table.copy(clock);
    copy.oldCounters.putAll(oldCounters);
    return copy;
  }

  /** The number of the bit for an address or a port, or -1 outside the range. */
  private long bit(long value) {
    if (value < header().first() || value > header().last()) {
      return -1;
    }
    return (value >> shift) - (header().first() >> shift);
  }

  @Override
  boolean restart(Clock clock) {
    return table.restart(clock);
  }

  @Override
  int packet(Lookup.Operation operation, Lookup q) {
    long value;
    if (header().type() == SetType.BITMAP_PORT) {
      int port = PacketParts.port(q.packet, q.source(0));
      if (port < 0 || port >>> 16 != Protocols.TCP && port >>> 16 != Protocols.UDP) {
        return FAILED;
      }
      value = port & 0xffff;
    } else {
      value = q.source(0) ? q.packet.srcLo() : q.packet.dstLo();
    }
    key[0] = bit(value);
    if (key[0] < 0) {
      return FAILED;
    }
    key[1] = 0;
    if (mac) {
      key[1] = PacketParts.mac(q, q.source(1));
      if (key[1] == 0) {
        return FAILED;
      }
    }
    switch (operation) {
      case ADD:
        return addPacket(q);
      case DELETE:
        tell(q);
        return remove() ? NO_MATCH : FAILED;
      default:
        return test(q);
    }
  }

  private int test(Lookup q) {
    int entry = table.findHead(key, 0);
    if (entry < 0) {
      return NO_MATCH;
    }
    if (mac) {
      long own = table.word(entry, 1);
      if (own == MAC_UNSET || key[1] == 0) {
        q.found(entry);
        return INCOMPLETE; // without an address on either side nothing else is asked
      }
      if (own != key[1]) {
        return NO_MATCH;
      }
    }
    return table.match(entry, q) ? MATCH : NO_MATCH;
  }

  private int addPacket(Lookup q) {
    int entry = table.findHead(key, 0);
    boolean start = false;
    tell(q);
    if (entry < 0) {
      entry = table.add(key);
    } else if (mac && table.word(entry, 1) == MAC_UNSET) {
      start = true;
    } else if (!q.exist && !table.expired(entry)) {
      return FAILED;
    }
    if (mac) {
      table.setWord(entry, 1, key[1]);
    }
    if (start) {
      table.startTimeout(entry);
    } else {
      table.setTimeout(entry, timeout(header(), q.timeoutSeconds));
    }
    table.setExtensions(entry, q);
    return NO_MATCH;
  }

  /** Tells of an entry that was found to be changed. */
  private void tell(Lookup q) {
    int entry = q.watcher == null ? -1 : table.findHead(key, 0);
    if (entry >= 0 && !table.expired(entry)) {
      q.found(entry);
    }
  }

  private boolean remove() {
    int entry = table.findHead(key, 0);
    if (entry < 0) {
      return false;
    }
    boolean expired = table.expired(entry);
    keepCounters(entry);
    table.remove(entry);
    return !expired;
  }

  private void keepCounters(int entry) {
    if (header().counters()) {
      SetElement e = new SetElement();
      table.getExtensions(entry, e);
      oldCounters.put(table.word(entry, 0), new long[] {e.packets, e.bytes});
    }
  }

  private int newEntry() {
    int entry = table.add(key);
    long[] counters = oldCounters.get(key[0]);
    if (counters != null) {
      table.setCounters(entry, counters[0], counters[1]);
    }
    return entry;
  }

  /** What is done with one bit of a range. */
  private interface BitAction {
    SetResult apply();
  }

  private SetResult eachBit(SetElement e, BitAction action) {
    long from = header().type() == SetType.BITMAP_PORT ? e.port : e.lo;
    long to = from;
    if (bit(from) < 0) {
      return SetResult.OUT_OF_RANGE;
    }
    if (header().type() == SetType.BITMAP_PORT) {
      to = e.portTo < 0 ? from : e.portTo;
    } else if (e.range) {
      to = e.toLo;
    } else if (e.cidr >= 0) {
      if (e.cidr == 0 || e.cidr > 32) {
        return SetResult.INVALID_CIDR;
      }
      long mask = mask(io.sluice.netfilter.Family.IPV4, e.cidr, false);
      from &= mask;
      to = from | ~mask & 0xffff_ffffL;
    }
    if (from > to) {
      long swap = from;
      from = to;
      to = swap;
    }
    if (bit(from) < 0 || bit(to) < 0) {
      return SetResult.OUT_OF_RANGE;
    }
    // As bitmap_ip_uadt() steps: under a netmask the block of the last address is met only if a step leads there.
    for (long value = from; value <= to; value += 1L << shift) {
      key[0] = bit(value);
      SetResult result = action.apply();
      if (result != SetResult.OK) {
        return result;
      }
    }
    return SetResult.OK;
  }

  @Override
  SetResult add(SetElement e, boolean exist) {
    SetResult extensions = checkExtensions(header(), e);
    return extensions != SetResult.OK ? extensions : eachBit(e, () -> addBit(e, exist));
  }

  private SetResult addBit(SetElement e, boolean exist) {
    boolean given = e.mac != SetElement.NONE;
    key[1] = given ? e.mac : MAC_UNSET;
    int entry = table.findHead(key, 0);
    boolean start = false;
    if (entry < 0) {
      entry = newEntry();
    } else if (mac && given && table.word(entry, 1) == MAC_UNSET) {
      table.setWord(entry, 1, key[1]);
      start = true;
    } else if (!exist && !table.expired(entry)) {
      return SetResult.EXISTS;
    } else if (mac && given) {
      table.setWord(entry, 1, key[1]);
    }
    // bitmap_ipmac_add_timeout(): without an address the time does not run, even if there is one from before.
    long seconds = timeout(header(), e.timeoutSeconds);
    if (mac && !given) {
      table.setPendingTimeout(entry, seconds);
    } else if (start && seconds == timeout(header(), SetElement.NONE)) {
      table.startTimeout(entry);
    } else {
      table.setTimeout(entry, seconds);
    }
    table.setExtensions(entry, e);
    return SetResult.OK;
  }

  @Override
  SetResult delete(SetElement e, boolean exist) {
    return eachBit(e, () -> remove() || exist ? SetResult.OK : SetResult.MISSING);
  }

  @Override
  boolean test(SetElement e) {
    key[0] = bit(header().type() == SetType.BITMAP_PORT ? e.port : e.lo);
    key[1] = e.mac == SetElement.NONE ? 0 : e.mac;
    int found = key[0] < 0 ? NO_MATCH : test(new Lookup());
    return found == MATCH || found == INCOMPLETE;
  }

  /** Whether a listing leaves it out: mtype_is_filled() says no of what waits for its address. */
  private boolean isGone(int entry) {
    return table.expired(entry) && !(mac && table.word(entry, 1) == MAC_UNSET);
  }

  @Override
  void flush() {
    for (int i = 0; i < table.entries(); i++) {
      if (!table.isDead(i)) {
        keepCounters(i);
      }
    }
    table.clear();
  }

  @Override
  public int size() {
    int expired = 0;
    for (int i = 0; header().timeouts() && i < table.entries(); i++) {
      expired += !table.isDead(i) && isGone(i) ? 1 : 0;
    }
    return table.size() - expired;
  }

  @Override
  public void forEach(Consumer<SetElement> consumer) {
    SetElement e = new SetElement();
    long last = bit(header().last());
    int left = table.size();
    for (long bit = 0; bit <= last && left > 0; bit++) {
      key[0] = bit;
      int entry = table.findHead(key, 0);
      if (entry < 0) {
        continue;
      }
      left--;
      if (isGone(entry)) {
        continue;
      }
      show(entry, e);
      consumer.accept(e);
    }
  }

  @Override
  void show(int entry, SetElement into) {
    long bit = table.word(entry, 0);
    into.clear();
    if (header().type() == SetType.BITMAP_PORT) {
      into.port = (int) (header().first() + bit);
    } else {
      into.lo = (header().first() >> shift) + bit << shift;
    }
    if (mac) {
      into.mac = table.word(entry, 1);
    }
    table.getExtensions(entry, into);
  }
}
