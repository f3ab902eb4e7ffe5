package io.sluice.text;

import io.sluice.extension.ProtocolNames;
import io.sluice.ipset.IpSet;
import io.sluice.ipset.IpSets;
import io.sluice.ipset.SetElement;
import io.sluice.ipset.SetHeader;
import io.sluice.ipset.SetType;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.Locale;

/**
 * Prints sets as {@code ipset save} does: each set's {@code create} line and its elements, lists last.
 *
 * <p>ipset 7.17: lib/print.c, lib/session.c. The kernel prints a hash in the order of its buckets; here elements come
 * in the order in which they were added, so a dump that was read prints back byte for byte.
 */
public final class IpSetWriter {
  private final StringBuilder out = new StringBuilder();

  private IpSetWriter() {}

  /** All sets as {@code ipset save} prints them. */
  public static String save(IpSets sets) {
    IpSetWriter writer = new IpSetWriter();
    for (IpSet set : sets.all()) {
      if (set.header().type() != SetType.LIST_SET) {
        writer.set(set);
      }
    }
    for (IpSet set : sets.all()) {
      if (set.header().type() == SetType.LIST_SET) {
        writer.set(set);
      }
    }
    return writer.out.toString();
  }

  /** One set with its elements. */
  public static String save(IpSet set) {
    IpSetWriter writer = new IpSetWriter();
    writer.set(set);
    return writer.out.toString();
  }

  /** An element without its options: {@code 10.0.0.0/8,tcp:80}. */
  public static String entry(SetHeader header, SetElement e) {
    IpSetWriter writer = new IpSetWriter();
    writer.parts(header, e);
    return writer.out.toString();
  }

  private void set(IpSet set) {
    SetHeader h = set.header();
    header(h);
    set.forEach(e -> element(h, e));
  }

  private void header(SetHeader h) {
    SetType type = h.type();
    out.append("create ").append(h.name()).append(' ').append(type);
    if (type.isHash()) {
      if (type.hasFamily()) {
        option("family", h.family() == Family.IPV4 ? "inet" : "inet6");
      }
      h.markmask().ifPresent(m -> option("markmask", hex8(m)));
      option("hashsize", h.hashSize());
      option("maxelem", h.maxElements());
      if (type == SetType.HASH_IP) {
        masks(h);
      }
    } else if (type == SetType.LIST_SET) {
      option("size", h.size());
    } else {
      boolean ports = type == SetType.BITMAP_PORT;
      option("range", ports ? h.first() + "-" + h.last()
          : IpAddress.ipv4((int) h.first()) + "-" + IpAddress.ipv4((int) h.last()));
      h.netmask().ifPresent(bits -> option("netmask", bits));
    }
    h.timeoutSeconds().ifPresent(seconds -> option("timeout", seconds));
    flag(h.counters(), "counters");
    flag(h.comment(), "comment");
    flag(h.forceAdd(), "forceadd");
    flag(h.skbinfo(), "skbinfo");
    h.bucketSize().ifPresent(size -> option("bucketsize", size));
    h.initval().ifPresent(value -> option("initval", hex8(value)));
    if (type.isHash() && type != SetType.HASH_IP) {
      masks(h);
    }
    out.append('\n');
  }

  private void masks(SetHeader h) {
    h.netmask().ifPresent(bits -> option("netmask", bits));
    h.bitmask().ifPresent(mask -> option("bitmask", mask));
  }

  private void option(String name, Object value) {
    out.append(' ').append(name).append(' ').append(value);
  }

  private void flag(boolean given, String name) {
    if (given) {
      out.append(' ').append(name);
    }
  }

  private static String hex8(int value) {
    return String.format(Locale.ROOT, "0x%08x", value);
  }

  private void element(SetHeader h, SetElement e) {
    out.append("add ").append(h.name()).append(' ');
    parts(h, e);
    if (h.timeoutSeconds().isPresent()) {
      option("timeout", e.timeoutSeconds);
    }
    flag(e.nomatch, "nomatch");
    flag(e.wildcard, "wildcard");
    if (h.counters()) {
      option("packets", Long.toUnsignedString(e.packets));
      option("bytes", Long.toUnsignedString(e.bytes));
    }
    if (!e.comment.isEmpty()) {
      option("comment", "\"" + e.comment + "\"");
    }
    if (h.skbinfo()) {
      if ((e.skbMark | e.skbMarkMask) != 0) {
        String mark = "0x" + Integer.toHexString(e.skbMark);
        option("skbmark", e.skbMarkMask == -1 ? mark : mark + "/0x" + Integer.toHexString(e.skbMarkMask));
      }
      if (e.skbPriority != 0) {
        option("skbprio",
            Integer.toHexString(e.skbPriority >>> 16) + ":" + Integer.toHexString(e.skbPriority & 0xffff));
      }
      if (e.skbQueue != 0) {
        option("skbqueue", e.skbQueue);
      }
    }
    out.append('\n');
  }

  private void parts(SetHeader h, SetElement e) {
    SetType type = h.type();
    if (type == SetType.LIST_SET) {
      out.append(e.name);
      return;
    }
    if (type == SetType.BITMAP_PORT) {
      out.append(e.port);
      return;
    }
    if (type == SetType.HASH_MAC) {
      mac(e.mac);
      return;
    }
    address(h.family(), e.hi, e.lo, e.cidr);
    if (type.hasPort()) {
      out.append(',').append(ProtocolNames.nameOrNumber(e.protocol)).append(':');
      if (e.protocol == Protocols.ICMP) {
        out.append(IpSetIcmpNames.ICMP.text(e.port));
      } else if (e.protocol == Protocols.ICMPV6) {
        out.append(IpSetIcmpNames.ICMPV6.text(e.port));
      } else {
        out.append(e.port);
      }
    }
    if (type.hasSecondAddress()) {
      out.append(',');
      address(h.family(), e.hi2, e.lo2, e.cidr2);
    }
    if (type.hasMark()) {
      out.append(',').append(hex8(e.mark));
    }
    if (type.hasMac() && e.mac != SetElement.NONE) {
      out.append(',');
      mac(e.mac);
    }
    if (type.hasInterface()) {
      out.append(',').append(e.physdev ? "physdev:" : "").append(e.name);
    }
  }

  private void address(Family family, long hi, long lo, int cidr) {
    out.append(new IpAddress(family, hi, lo));
    if (cidr >= 0 && cidr != family.addressBits()) {
      out.append('/').append(cidr);
    }
  }

  private void mac(long mac) {
    for (int shift = 40; shift >= 0; shift -= 8) {
      out.append(String.format(Locale.ROOT, shift == 0 ? "%02X" : "%02X:", mac >> shift & 0xff));
    }
  }
}
