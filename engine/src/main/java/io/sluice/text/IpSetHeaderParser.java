package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ServiceNames;
import io.sluice.ipset.SetHeader;
import io.sluice.ipset.SetType;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The options of a {@code create} line, made what the kernel makes of them (hash sizes become powers of two and so on).
 *
 * <p>ipset 7.17: lib/ipset_*.c. Kernel: hash_create() in net/netfilter/ipset/ip_set_hash_gen.h, bitmap_ip_create(),
 * list_set_create().
 */
final class IpSetHeaderParser {
  private static final Map<String, String> OLD_NAMES = Map.of(
      "iphash", "hash:ip", "nethash", "hash:net", "ipporthash", "hash:ip,port", "ipportiphash", "hash:ip,port,ip",
      "ipportnethash", "hash:ip,port,net", "ipmap", "bitmap:ip", "macipmap", "bitmap:ip,mac", "portmap", "bitmap:port",
      "setlist", "list:set");

  private final ServiceNames services;
  private final Set<String> given = new HashSet<>();
  private SetType type;
  private Family family = Family.IPV4;
  private int hashSize = 1024;
  private long maxElements = 65536;
  private OptionalInt netmask = OptionalInt.empty();
  private Argument bitmask;
  private Optional<Integer> markmask = Optional.empty();
  private IpSetBounds bounds;
  private OptionalInt timeout = OptionalInt.empty();
  private boolean counters;
  private boolean comment;
  private boolean forceAdd;
  private boolean skbinfo;
  private int size = 8;
  private OptionalInt bucketSize = OptionalInt.empty();
  private Optional<Integer> initval = Optional.empty();

  IpSetHeaderParser(ServiceNames services) {
    this.services = services;
  }

  /** Reads {@code NAME TYPE option…}, the words from {@code from} on. */
  SetHeader parse(List<Argument> words, int from) {
    Argument name = words.get(from);
    if (words.size() < from + 2) {
      throw name.error("a type is missing after the set's name", "expected a type such as hash:ip");
    }
    if (name.text().isEmpty() || name.text().length() > SetHeader.MAX_NAME) {
      throw name.error("bad set name", "expected 1 to " + SetHeader.MAX_NAME + " characters");
    }
    Argument typeName = words.get(from + 1);
    type = SetType.of(OLD_NAMES.getOrDefault(typeName.text(), typeName.text())).orElseThrow(
        () -> typeName.error("unknown set type: " + typeName.text(), "expected one of: " + List.of(SetType.values())));
    bounds = new IpSetBounds(services, type == SetType.BITMAP_PORT);
    int at = from + 2;
    while (at < words.size()) {
      at = option(words, at);
    }
    return finish(name);
  }

  private int option(List<Argument> words, int at) {
    Argument name = words.get(at);
    switch (name.text()) {
      case "counters":
        counters = true;
        return at + 1;
      case "comment":
        comment = true;
        return at + 1;
      case "skbinfo":
        skbinfo = true;
        return at + 1;
      case "forceadd":
        require(name, type.isHash());
        forceAdd = true;
        return at + 1;
      case "-exist":
      case "--exist":
      case "-!":
        return at + 1;
      case "-4":
      case "-6":
        family = name.text().equals("-6") ? Family.IPV6 : Family.IPV4;
        return at + 1;
      default:
        if (at + 1 >= words.size()) {
          throw name.error("'" + name.text() + "' is unknown here, or its argument is missing", "");
        }
        value(name, words.get(at + 1));
        return at + 2;
    }
  }

  private void require(Argument name, boolean allowed) {
    if (!allowed) {
      throw name.error("type " + type + " has no option '" + name.text() + "'", "");
    }
  }

  private void value(Argument name, Argument value) {
    if (!given.add(name.text())) {
      throw name.error("'" + name.text() + "' is given twice", "");
    }
    switch (name.text()) {
      case "family":
        require(name, type.isHash() && type.hasFamily());
        family = family(value);
        return;
      case "hashsize":
        require(name, type.isHash());
        hashSize = powerOfTwo(value.number(0, 0xffff_ffffL));
        return;
      case "maxelem":
        require(name, type.isHash());
        maxElements = value.number(0, 0xffff_ffffL);
        return;
      case "bucketsize":
        require(name, type.isHash());
        int wish = value.u8();
        bucketSize = OptionalInt.of(Math.min(12, Math.max(2, wish + (wish & 1))));
        return;
      case "initval":
        require(name, type.isHash());
        initval = Optional.of(value.u32());
        return;
      case "netmask":
        require(name, hasMask() || type == SetType.BITMAP_IP);
        netmask = OptionalInt.of((int) value.number(1, 128));
        return;
      case "bitmask":
        require(name, hasMask());
        bitmask = value;
        return;
      case "markmask":
        require(name, type.hasMark());
        markmask = Optional.of(value.u32());
        return;
      case "network":
        require(name, type != SetType.BITMAP_PORT && (type.isBitmap() || tellsRange()));
        bound(name, value);
        return;
      case "range":
        require(name, type.isBitmap());
        bound(name, value);
        return;
      case "from":
      case "to":
        require(name, type.isBitmap() || tellsRange());
        bound(name, value);
        return;
      case "timeout":
        timeout = OptionalInt.of((int) value.number(0, SetHeader.MAX_TIMEOUT));
        return;
      case "size":
        require(name, type == SetType.LIST_SET);
        size = (int) Math.min(Integer.MAX_VALUE, Math.max(4, value.number(0, 0xffff_ffffL)));
        return;
      case "probes":
      case "resize":
        require(name, type == SetType.HASH_IP || type == SetType.HASH_NET || tellsRange());
        return;
      case "gc":
        require(name, type == SetType.HASH_IP);
        return;
      default:
        throw name.error("unknown option: " + name.text(), "expected an option of type " + type);
    }
  }

  /** Types whose old namesakes had a range of addresses, which is read and forgotten. */
  private boolean tellsRange() {
    return type == SetType.HASH_IP_PORT || type == SetType.HASH_IP_PORT_IP || type == SetType.HASH_IP_PORT_NET;
  }

  private void bound(Argument name, Argument value) {
    if (type.isBitmap()) {
      bounds.set(name, value);
    }
  }

  private boolean hasMask() {
    return type == SetType.HASH_IP || type == SetType.HASH_IP_PORT || type == SetType.HASH_NET_NET;
  }

  private static Family family(Argument value) {
    switch (value.text()) {
      case "inet":
      case "ipv4":
      case "-4":
        return Family.IPV4;
      case "inet6":
      case "ipv6":
      case "-6":
        return Family.IPV6;
      default:
        throw value.error("unknown family: " + value.text(), "expected inet or inet6");
    }
  }

  private static int powerOfTwo(long given) {
    long size = 64;
    while (size < given && size < 1 << 30) {
      size <<= 1;
    }
    return (int) size;
  }

  private SetHeader finish(Argument name) {
    if (netmask.isPresent() && netmask.getAsInt() > family.addressBits()) {
      throw name.error("netmask out of range: " + netmask.getAsInt(), "expected 1.." + family.addressBits());
    }
    Optional<IpAddress> mask = Optional.empty();
    boolean wholeAddress = netmask.isPresent() && netmask.getAsInt() == family.addressBits();
    if (bitmask != null) {
      if (netmask.isPresent()) {
        throw bitmask.error("bitmask and netmask exclude each other", "give only one of them");
      }
      IpAddress m = bitmaskAddress();
      if ((m.hi() | m.lo()) == 0) {
        throw bitmask.error("the mask is zero", "expected a mask with at least one bit");
      }
      mask = Long.bitCount(m.hi()) + Long.bitCount(m.lo()) == family.addressBits() ? Optional.empty() : Optional.of(m);
    }
    long first = 0;
    long last = 0;
    if (type.isBitmap()) {
      long[] range = bounds.bounds(name);
      first = range[0];
      last = range[1];
      int shift = 32 - netmask.orElse(32);
      long elements = last - first + 1;
      if (netmask.isPresent() && shift > 0) {
        first = first >> shift << shift;
        last |= (1L << shift) - 1;
        elements = 1L << netmask.getAsInt() - commonPrefix(first, last);
      }
      if (elements > SetHeader.MAX_BITMAP) {
        throw bounds.said().error("the range is too large", "expected at most " + SetHeader.MAX_BITMAP + " elements");
      }
    }
    return new SetHeader(
        name.text(), type, family, hashSize, maxElements, wholeAddress ? OptionalInt.empty() : netmask, mask, markmask, first, last, timeout, counters,
        comment, forceAdd, skbinfo, size, bucketSize, initval);
  }

  /** With a netmask the range must begin where the smallest network with all of it begins, and that be larger: bitmap_ip_create(). */
  private int commonPrefix(long first, long last) {
    int prefix = 31;
    while (prefix > 0 && (last & -1L << 32 - prefix) != first) {
      prefix--;
    }
    boolean all = first == 0 && last == 0xffff_ffffL;
    if (prefix == 0 && !all || netmask.getAsInt() <= prefix) {
      throw bounds.said().error("the range does not fit the netmask",
          "expected the beginning of one network that is larger than the netmask's");
    }
    return prefix;
  }

  private static long address(Argument text) {
    return IpSetElementParser.address(text, Family.IPV4).lo();
  }

  /** What stands before a prefix length or a second address, which are read and forgotten: ipset_parse_bitmask(). */
  private IpAddress bitmaskAddress() {
    int slash = bitmask.text().indexOf('/');
    int dash = family == Family.IPV4 ? bitmask.text().indexOf('-') : -1;
    if (slash >= 0) {
      bitmask.part(slash + 1, bitmask.text().length()).number(0, family.addressBits());
    } else if (dash >= 0) {
      address(bitmask.part(dash + 1, bitmask.text().length()));
    }
    int end = slash >= 0 ? slash : dash >= 0 ? dash : bitmask.text().length();
    return IpSetElementParser.address(bitmask.part(0, end), family);
  }
}
