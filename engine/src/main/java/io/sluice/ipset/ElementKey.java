package io.sluice.ipset;

import io.sluice.netfilter.Family;

/**
 * The parts of one hash element and their layout as a key of {@link ElementTable}. Reused.
 *
 * <pre>
 *   IPv4   [ cidr:8 | protocol:8 | port:16 | ip:32 ]  [ cidr2:8 | ip2:32, or mark:32, or mac:48 ]  [ iface ]
 *   IPv6   [ ip hi ] [ ip lo ] [ mark:32 or mac:48 | … ; cidr2:8 cidr:8 protocol:8 port:16 ] [ ip2 hi ] [ ip2 lo ] or [ iface ]
 * </pre>
 *
 * <p>For example 10.0.0.0/8,tcp:80 in hash:net,port is the one word {@code 08_06_0050_0a000000}. Sets without addresses
 * (hash:mac) have the Ethernet address alone.
 */
final class ElementKey {
  final long[] words = new long[6];
  long hi;
  long lo;
  int cidr;
  int protocol;
  int port;
  long hi2;
  long lo2;
  int cidr2;
  long mac;
  long mark;
  /** Number of the interface name in the set, with {@link #PHYSDEV} and {@link #WILDCARD}. */
  long iface;

  static final long PHYSDEV = 1L << 32;
  static final long WILDCARD = 1L << 33;

  static int wordCount(SetType type, Family family) {
    if (type == SetType.HASH_MAC) {
      return 1;
    }
    int tail = type.hasInterface() ? 1 : 0;
    if (family == Family.IPV4) {
      return 1 + (type.hasSecondAddress() || type.hasMark() || type.hasMac() ? 1 : 0) + tail;
    }
    int words = type.hasSecondAddress() ? 5 : type.hasMac() ? 4 : type == SetType.HASH_IP ? 2 : 3;
    return words + tail;
  }

  void pack(SetType type, Family family) {
    if (type == SetType.HASH_MAC) {
      words[0] = mac;
      return;
    }
    int next;
    if (family == Family.IPV4) {
      words[0] = lo | (long) port << 32 | (long) protocol << 48 | (long) cidr << 56;
      words[1] = type.hasMark() ? mark : type.hasMac() ? mac : lo2 | (long) cidr2 << 56;
      next = type.hasSecondAddress() || type.hasMark() || type.hasMac() ? 2 : 1;
    } else {
      words[0] = hi;
      words[1] = lo;
      words[2] = port | (long) protocol << 16 | (long) cidr << 24 | (type.hasMark() ? mark << 32 : (long) cidr2 << 32);
      words[3] = type.hasMac() ? mac : hi2;
      words[4] = lo2;
      next = 3;
    }
    if (type.hasInterface()) {
      words[next] = iface;
    }
  }

  void unpack(ElementTable table, int entry, SetType type, Family family) {
    if (type == SetType.HASH_MAC) {
      mac = table.word(entry, 0);
      return;
    }
    int count = wordCount(type, family);
    long parts;
    if (family == Family.IPV4) {
      long w = table.word(entry, 0);
      lo = w & 0xffff_ffffL;
      parts = w >>> 32;
      port = (int) parts & 0xffff;
      protocol = (int) (parts >>> 16) & 0xff;
      cidr = (int) (parts >>> 24);
      if (count > 1) {
        long second = table.word(entry, 1);
        mark = second & 0xffff_ffffL;
        mac = second;
        lo2 = second & 0xffff_ffffL;
        cidr2 = (int) (second >>> 56);
      }
    } else {
      hi = table.word(entry, 0);
      lo = table.word(entry, 1);
      parts = count > 2 ? table.word(entry, 2) : 0;
      port = (int) parts & 0xffff;
      protocol = (int) (parts >>> 16) & 0xff;
      cidr = (int) (parts >>> 24) & 0xff;
      mark = parts >>> 32;
      cidr2 = (int) (parts >>> 32) & 0xff;
      if (count > 3) {
        mac = table.word(entry, 3);
        hi2 = table.word(entry, 3);
      }
      lo2 = count > 4 ? table.word(entry, 4) : 0;
    }
    iface = type.hasInterface() ? table.word(entry, count - 1) : 0;
  }
}
