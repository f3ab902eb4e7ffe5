package io.sluice.ipset;

import io.sluice.host.NetDevice;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import it.unimi.dsi.fastutil.objects.Object2IntOpenHashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * All hash types. What an element consists of is {@link SetType}'s to say.
 *
 * <p>Kernel: net/netfilter/ipset/ip_set_hash_gen.h (mtype_add(), mtype_del(), mtype_test(), mtype_test_cidrs()) and the
 * {@code _kadt} and {@code _uadt} functions of ip_set_hash_*.c. Not as there: a full set with {@code forceadd} drops its
 * oldest element, not the first of the bucket that the new one hashes to (and where that bucket is empty, refuses it);
 * a set is full at exactly {@code maxelem} elements, while a kernel table of 2,048 buckets or more may take a few more.
 */
final class HashIpSet extends IpSet {
  private final SetType type;
  private final Family family;
  private final ElementKey key = new ElementKey();
  private final long maskHi;
  private final long maskLo;
  private ElementTable table;
  private Prefixes prefixes = new Prefixes();
  private Prefixes prefixes2 = new Prefixes();
  private List<String> names = new ArrayList<>();
  private Object2IntOpenHashMap<String> nameNumbers = new Object2IntOpenHashMap<>();
  private int oldest;

  HashIpSet(SetHeader header, Clock clock) {
    super(header);
    this.type = header.type();
    this.family = header.family();
    int words = ElementKey.wordCount(type, family);
    this.table = new ElementTable(header, words, type.hasInterface() ? words - 1 : words, clock);
    int bits = header.netmask().orElse(family.addressBits());
    IpAddress mask = header.bitmask().orElse(new IpAddress(family, mask(family, bits, true), mask(family, bits, false)));
    this.maskHi = mask.hi();
    this.maskLo = mask.lo();
    nameNumbers.defaultReturnValue(-1);
  }

  @Override
  IpSet copy(Clock other) {
    HashIpSet copy = new HashIpSet(header(), other);
    copy.table = table.copy(other);
    copy.prefixes = prefixes.copy();
    copy.prefixes2 = prefixes2.copy();
    copy.names = new ArrayList<>(names);
    copy.nameNumbers = nameNumbers.clone();
    copy.oldest = oldest;
    return copy;
  }

  @Override
  boolean restart(Clock clock) {
    return table.restart(clock);
  }

  @Override
  int packet(Lookup.Operation operation, Lookup q) {
    ElementKey k = key;
    int bits = family.addressBits();
    boolean test = operation == Lookup.Operation.TEST;
    if (type == SetType.HASH_MAC) {
      k.mac = PacketParts.mac(q, q.source(0));
      return k.mac == 0 ? FAILED : run(operation, q);
    }
    boolean source = q.source(0);
    k.hi = source ? q.packet.srcHi() : q.packet.dstHi();
    k.lo = source ? q.packet.srcLo() : q.packet.dstLo();
    k.cidr = 0;
    if (type.isNet()) {
      mask1(test || prefixes.count() == 0 ? bits : prefixes.length(0));
      k.hi &= maskHi;
      k.lo &= maskLo;
    } else {
      k.hi &= maskHi;
      k.lo &= maskLo;
      if ((type == SetType.HASH_IP || type == SetType.HASH_IP_PORT) && (k.hi | k.lo) == 0) {
        return FAILED;
      }
    }
    k.protocol = 0;
    k.port = 0;
    if (type.hasPort()) {
      int port = PacketParts.port(q.packet, q.source(1));
      if (port < 0) {
        return FAILED;
      }
      k.protocol = port >>> 16;
      k.port = port & 0xffff;
    }
    k.cidr2 = 0;
    if (type.hasSecondAddress()) {
      boolean source2 = q.source(type.hasPort() ? 2 : 1);
      k.hi2 = source2 ? q.packet.srcHi() : q.packet.dstHi();
      k.lo2 = source2 ? q.packet.srcLo() : q.packet.dstLo();
      if (type.isNet2()) {
        mask2(test || prefixes2.count() == 0 ? bits : prefixes2.length(0));
        k.hi2 &= maskHi;
        k.lo2 &= maskLo;
      }
    }
    if (type.hasMark()) {
      k.mark = (q.link.mark() & header().markmask().orElse(-1)) & 0xffff_ffffL;
    }
    if (type.hasMac()) {
      k.mac = PacketParts.mac(q, q.source(1));
      if (k.mac == 0) {
        return FAILED;
      }
    }
    if (type.hasInterface()) {
      NetDevice device = q.source(1) ? q.in : q.out;
      if (device == null) {
        return FAILED;
      }
      return test ? testInterface(q, device.name(), false) : runInterface(operation, q, device.name());
    }
    return run(operation, q);
  }

  private int runInterface(Lookup.Operation operation, Lookup q, String name) {
    key.iface = number(name);
    return run(operation, q);
  }

  private int run(Lookup.Operation operation, Lookup q) {
    switch (operation) {
      case ADD:
        return addPacket(q);
      case DELETE:
        key.pack(type, family);
        tell(q);
        return remove() ? NO_MATCH : FAILED;
      default:
        return lookup(q);
    }
  }

  private int addPacket(Lookup q) {
    key.pack(type, family);
    tell(q);
    int entry = place(q.exist);
    if (entry < 0) {
      return FAILED;
    }
    table.setNomatch(entry, false);
    table.setTimeout(entry, timeout(header(), q.timeoutSeconds));
    table.setExtensions(entry, q);
    return NO_MATCH;
  }

  /** Tells of an entry that was found to be changed. */
  private void tell(Lookup q) {
    int entry = q.watcher == null ? -1 : find();
    if (entry >= 0 && !table.expired(entry)) {
      q.found(entry);
    }
  }

  /** Looks the key up; where all its networks are single addresses, under every prefix length in use. */
  private int lookup(Lookup q) {
    int bits = family.addressBits();
    if (!type.hasNomatch() || type.isNet() && key.cidr != bits || type.isNet2() && key.cidr2 != bits) {
      key.pack(type, family);
      return answer(table.find(key.words), q);
    }
    int outer = type.isNet() ? prefixes.count() : 1;
    int inner = type.isNet2() ? prefixes2.count() : 1;
    long hi2 = key.hi2;
    long lo2 = key.lo2;
    for (int i = 0; i < outer; i++) {
      if (type.isNet()) {
        mask1(prefixes.length(i));
      }
      key.hi2 = hi2;
      key.lo2 = lo2;
      for (int j = 0; j < inner; j++) {
        if (type.isNet2()) {
          mask2(prefixes2.length(j));
        }
        key.pack(type, family);
        int answer = answer(table.find(key.words), q);
        if (answer != NO_MATCH) {
          return answer;
        }
      }
    }
    return NO_MATCH;
  }

  /**
   * hash:net,iface: several interface names may stand under one network, some as beginnings of names. As in the kernel
   * ({@code multi} in mtype_test_cidrs()), the longest network in the set decides even if it is there for other
   * interfaces only.
   */
  private int testInterface(Lookup q, String name, boolean physdev) {
    boolean whole = key.cidr == family.addressBits();
    int count = whole ? prefixes.count() : 1;
    for (int i = 0; i < count; i++) {
      if (whole) {
        mask1(prefixes.length(i));
      }
      key.pack(type, family);
      int step = 0;
      boolean others = false;
      for (int e = table.findHead(key.words, 0); e >= 0; e = table.findHead(key.words, step)) {
        step = table.steps();
        others = true;
        if (interfaceMatches(table.word(e, interfaceWord()), name, physdev)) {
          int answer = answer(e, q);
          if (answer != NO_MATCH) {
            return answer;
          }
          others = false;
        }
      }
      if (others) {
        return NO_MATCH; // the network is in the set for other interfaces: shorter prefixes are not asked
      }
    }
    return NO_MATCH;
  }

  private boolean interfaceMatches(long iface, String name, boolean physdev) {
    if ((iface & ElementKey.PHYSDEV) != 0 != physdev) {
      return false;
    }
    String own = names.get((int) iface);
    return (iface & ElementKey.WILDCARD) != 0 ? name.startsWith(own) : name.equals(own);
  }

  private int answer(int entry, Lookup q) {
    if (entry < 0 || !table.match(entry, q)) {
      return NO_MATCH;
    }
    return table.nomatch(entry) ? NOMATCH_ELEMENT : MATCH;
  }

  private void mask1(int cidr) {
    key.hi &= mask(family, cidr, true);
    key.lo &= mask(family, cidr, false);
    key.cidr = cidr;
  }

  private void mask2(int cidr) {
    key.hi2 &= mask(family, cidr, true);
    key.lo2 &= mask(family, cidr, false);
    key.cidr2 = cidr;
  }

  private long number(String name) {
    int known = nameNumbers.getInt(name);
    if (known >= 0) {
      return known;
    }
    names.add(name);
    nameNumbers.put(name, names.size() - 1);
    return names.size() - 1;
  }

  /** The entry that equals the packed key; a wildcard interface equals every name that it stands for, as when testing. */
  private int find() {
    if (!type.hasInterface()) {
      return table.find(key.words);
    }
    int step = 0;
    for (int e = table.findHead(key.words, 0); e >= 0; e = table.findHead(key.words, step)) {
      step = table.steps();
      boolean physdev = (key.iface & ElementKey.PHYSDEV) != 0;
      if (interfaceMatches(table.word(e, interfaceWord()), names.get((int) key.iface), physdev)) {
        return e;
      }
    }
    return -1;
  }

  private int interfaceWord() {
    return ElementKey.wordCount(type, family) - 1;
  }

  /** The entry for the packed key, new or taken over; -1 where it exists and {@code exist} is not given; -2 when full. */
  private int place(boolean exist) {
    int entry = find();
    if (entry >= 0) {
      return exist || table.expired(entry) ? entry : -1;
    }
    if (table.size() >= header().maxElements()) {
      dropExpired();
      if (table.size() >= header().maxElements()) {
        if (!header().forceAdd() || table.size() == 0) {
          return -2;
        }
        dropOldest();
      }
    }
    count(1);
    return table.add(key.words);
  }

  private void count(int change) {
    if (type.isNet()) {
      if (change > 0) {
        prefixes.add(key.cidr);
      } else {
        prefixes.remove(key.cidr);
      }
    }
    if (type.isNet2()) {
      if (change > 0) {
        prefixes2.add(key.cidr2);
      } else {
        prefixes2.remove(key.cidr2);
      }
    }
  }

  private boolean remove() {
    int entry = find();
    if (entry < 0) {
      return false;
    }
    boolean expired = table.expired(entry);
    table.remove(entry);
    count(-1);
    return !expired;
  }

  private void dropExpired() {
    for (int i = 0; i < table.entries(); i++) {
      if (!table.isDead(i) && table.expired(i)) {
        drop(i);
      }
    }
  }

  private void dropOldest() {
    if (oldest >= table.entries()) {
      oldest = 0;
    }
    while (table.isDead(oldest)) {
      oldest = oldest + 1 < table.entries() ? oldest + 1 : 0;
    }
    drop(oldest);
  }

  private void drop(int entry) {
    ElementKey other = new ElementKey();
    other.unpack(table, entry, type, family);
    table.remove(entry);
    if (type.isNet()) {
      prefixes.remove(other.cidr);
    }
    if (type.isNet2()) {
      prefixes2.remove(other.cidr2);
    }
  }

  @Override
  SetResult add(SetElement e, boolean exist) {
    SetResult extensions = checkExtensions(header(), e);
    if (extensions != SetResult.OK) {
      return extensions;
    }
    return new ElementRange(header(), maskHi, maskLo).apply(e, key, () -> {
      takeOthers(e);
      key.pack(type, family);
      int entry = place(exist);
      if (entry < 0) {
        return entry == -2 ? SetResult.FULL : SetResult.EXISTS;
      }
      table.setNomatch(entry, e.nomatch);
      table.setTimeout(entry, timeout(header(), e.timeoutSeconds));
      table.setExtensions(entry, e);
      return SetResult.OK;
    });
  }

  @Override
  SetResult delete(SetElement e, boolean exist) {
    return new ElementRange(header(), maskHi, maskLo).apply(e, key, () -> {
      takeOthers(e);
      key.pack(type, family);
      return remove() || exist ? SetResult.OK : SetResult.MISSING;
    });
  }

  @Override
  boolean test(SetElement e) {
    SetElement single = e;
    int[] found = {NO_MATCH};
    Lookup q = new Lookup();
    SetResult result = new ElementRange(header(), maskHi, maskLo).first(single, key, () -> {
      takeOthers(single);
      found[0] = type.hasInterface() ? testInterface(q, single.name, single.physdev) : lookup(q);
      return SetResult.OK;
    });
    return result == SetResult.OK && (single.nomatch ? found[0] == NOMATCH_ELEMENT : found[0] == MATCH);
  }

  private void takeOthers(SetElement e) {
    key.mark = (e.mark & header().markmask().orElse(-1)) & 0xffff_ffffL;
    key.mac = e.mac;
    key.iface = type.hasInterface()
        ? number(e.name) | (e.physdev ? ElementKey.PHYSDEV : 0) | (e.wildcard ? ElementKey.WILDCARD : 0) : 0;
  }

  @Override
  void flush() {
    table.clear();
    prefixes.clear();
    prefixes2.clear();
    oldest = 0;
  }

  @Override
  public int size() {
    int expired = 0;
    for (int i = 0; header().timeouts() && i < table.entries(); i++) {
      expired += !table.isDead(i) && table.expired(i) ? 1 : 0;
    }
    return table.size() - expired;
  }

  @Override
  public void forEach(Consumer<SetElement> consumer) {
    SetElement e = new SetElement();
    ElementKey k = new ElementKey();
    for (int i = 0; i < table.entries(); i++) {
      if (table.isDead(i) || table.expired(i)) {
        continue;
      }
      show(i, k, e);
      consumer.accept(e);
    }
  }

  @Override
  void show(int entry, SetElement into) {
    show(entry, new ElementKey(), into);
  }

  private void show(int entry, ElementKey k, SetElement into) {
    k.unpack(table, entry, type, family);
    into.clear();
    into.hi = k.hi;
    into.lo = k.lo;
    into.cidr = type.isNet() ? k.cidr : SetElement.NONE;
    into.protocol = k.protocol;
    into.port = k.port;
    into.hi2 = k.hi2;
    into.lo2 = k.lo2;
    into.cidr2 = type.isNet2() ? k.cidr2 : SetElement.NONE;
    into.mac = k.mac;
    into.mark = (int) k.mark;
    if (type.hasInterface()) {
      into.name = names.get((int) k.iface);
      into.physdev = (k.iface & ElementKey.PHYSDEV) != 0;
      into.wildcard = (k.iface & ElementKey.WILDCARD) != 0;
    }
    table.getExtensions(entry, into);
  }
}
