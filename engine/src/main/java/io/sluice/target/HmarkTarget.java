package io.sluice.target;

import io.sluice.conntrack.Connection;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.Ipv6Extensions;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j HMARK}: the mark becomes a hash of addresses, ports or SPI, reduced to {@code offset .. offset + modulus - 1};
 * the same for both directions of a flow.
 *
 * <p>Kernel: hmark_hash() and its callers in net/netfilter/xt_HMARK.c. iptables: extensions/libxt_HMARK.c.
 *
 * @param source which bits of the source address count, empty for none; as printed
 * @param ports {@code mask << 32 | value}: the 32 bits of both ports (or the SPI) are masked, then or-ed
 * @param options the numbers of the options that were given, by name, as printed
 */
record HmarkTarget(
    Optional<AddressMask> source, Optional<AddressMask> destination, boolean connection, long ports, int protocolMask,
    int random, int modulus, int offset, Map<String, Integer> options) implements ExtensionTarget {
  private static final int JHASH_INITIAL = 0xdeadbeef;
  private static final int FRAGMENT = 0x100;
  private static final long BROKEN = -1;

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "HMARK",
      OptionSpec.value("--hmark-tuple"), OptionSpec.value("--hmark-src-prefix"), OptionSpec.value("--hmark-dst-prefix"),
      OptionSpec.value("--hmark-sport-mask"), OptionSpec.value("--hmark-dport-mask"),
      OptionSpec.value("--hmark-spi-mask"), OptionSpec.value("--hmark-sport"), OptionSpec.value("--hmark-dport"),
      OptionSpec.value("--hmark-spi"), OptionSpec.value("--hmark-proto-mask"), OptionSpec.value("--hmark-rnd"),
      OptionSpec.value("--hmark-mod"), OptionSpec.value("--hmark-offset")) {
    @Override
    public ExtensionTarget parse(Options options) {
      return new HmarkParser(options.family()).parse(options);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      return in.skip("HMARK", "mod") ? Optional.of(new HmarkParser(in.family()).listed(in)) : Optional.empty();
    }
  };

  @Override
  public String name() {
    return "HMARK";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (connection) {
      markByConnection(skb);
    } else if (skb.family() == Family.IPV4) {
      markByPacket4(skb);
    } else {
      markByPacket6(skb);
    }
    return Verdict.CONTINUE;
  }

  private void markByConnection(SkBuff skb) {
    if (!skb.ct().isTracked()) {
      return;
    }
    Connection c = skb.ct().connection();
    int src = fold(source, c.original().srcHi(), c.original().srcLo());
    int dst = fold(destination, c.reply().srcHi(), c.reply().srcLo());
    int protocol = c.original().protocol();
    boolean hasPorts = protocol != Protocols.ICMP;
    mark(skb, src, dst, hasPorts ? swapped(c.original().srcId() << 16 | c.reply().srcId() & 0xffff) : 0, protocol);
  }

  private void markByPacket4(SkBuff skb) {
    int at = 0;
    int header = skb.headerLength();
    if (skb.protocol() == Protocols.ICMP && skb.hasTransport(8) && IcmpTypes.isError4(skb.u8(header))) {
      at = header + 8;
      if (at + 20 > skb.length()) {
        return;
      }
      header = (skb.u8(at) & 0xf) * 4;
    }
    int protocol = skb.u8(at + 9);
    boolean fragment = (skb.u16(at + 6) & 0x3fff) != 0;
    int src = fold(source, 0, skb.u32(at + 12) & 0xffff_ffffL);
    int dst = fold(destination, 0, skb.u32(at + 16) & 0xffff_ffffL);
    mark(skb, src, dst, fragment ? 0 : portsAt(skb, at + header, protocol), protocol);
  }

  /**
   * hmark_pkt_set_htuple_ipv6(): an authentication header counts as the transport, its SPI as the ports. Of a packet whose
   * headers are cut short nothing counts, and where those are that an error quotes there is no mark.
   */
  private void markByPacket6(SkBuff skb) {
    int at = 0;
    long last = last6(skb, at);
    if (last == BROKEN) {
      mark(skb, 0, 0, 0, 0);
      return;
    }
    int transport = (int) (last >> 16);
    boolean error = last == ((long) transport << 16 | Protocols.ICMPV6) && transport + 8 <= skb.length()
        && skb.u8(transport) > 0 && !IcmpTypes.isInformational6(skb.u8(transport));
    if (error) {
      at = transport + 8;
      last = at + 40 > skb.length() || skb.u8(at) >> 4 != 6 ? BROKEN : last6(skb, at);
      if (last == BROKEN) {
        return;
      }
      transport = (int) (last >> 16);
    }
    int src = fold(source, u64(skb, at + 8), u64(skb, at + 16));
    int dst = fold(destination, u64(skb, at + 24), u64(skb, at + 32));
    int protocol = (int) last & 0xff;
    boolean ports = protocol != Protocols.ICMPV6 && (last & FRAGMENT) == 0;
    mark(skb, src, dst, ports ? portsAt(skb, transport, protocol) : 0, protocol);
  }

  /**
   * What stands behind the extension headers of the IPv6 header at {@code at}, an authentication header counted as
   * transport: {@code offset << 16 | protocol}, with {@link #FRAGMENT} where one of them is a fragment header. {@link
   * #BROKEN}: they are cut short, or a later fragment begins with one (ipv6_find_hdr() in net/ipv6/exthdrs_core.c).
   */
  private static long last6(SkBuff skb, int at) {
    int next = skb.u8(at + 6);
    int from = at + 40;
    int fragment = 0;
    while (Ipv6Extensions.isExtension(next) && next != Protocols.IPV6_NONE) {
      int needed = next == Protocols.IPV6_ROUTE || next == Protocols.IPV6_FRAGMENT ? 4 : 2;
      if (from + needed > skb.length()) {
        return BROKEN;
      }
      if (next == Protocols.AH) {
        break;
      }
      int behind = skb.u8(from);
      if (next == Protocols.IPV6_FRAGMENT) {
        fragment = FRAGMENT;
        if ((skb.u16(from + 2) & 0xfff8) != 0) {
          boolean ends = !Ipv6Extensions.isExtension(behind) || behind == Protocols.IPV6_NONE;
          return ends ? (long) from << 16 | fragment | behind : BROKEN;
        }
      }
      from += Ipv6Extensions.size(skb, next, from);
      next = behind;
    }
    return (long) from << 16 | fragment | next;
  }

  private static long u64(SkBuff skb, int at) {
    return (long) skb.u32(at) << 32 | skb.u32(at + 4) & 0xffff_ffffL;
  }

  /** hmark_addr_mask(): the address under the mask, an IPv6 address folded to 32 bits; 0 without a mask. */
  private static int fold(Optional<AddressMask> mask, long hi, long lo) {
    if (mask.isEmpty()) {
      return 0;
    }
    long h = hi & mask.get().maskHi();
    long l = lo & mask.get().maskLo();
    return (int) (h >>> 32 ^ h ^ l >>> 32 ^ l);
  }

  /** proto_ports_offset(): where both ports, or the SPI, of a protocol stand. */
  private int portsAt(SkBuff skb, int transport, int protocol) {
    int at;
    switch (protocol) {
      case Protocols.TCP:
      case Protocols.UDP:
      case Protocols.DCCP:
      case Protocols.ESP:
      case Protocols.SCTP:
      case Protocols.UDPLITE:
        at = transport;
        break;
      case Protocols.AH:
        at = transport + 4;
        break;
      default:
        return 0;
    }
    return at + 4 <= skb.length() ? swapped(skb.u32(at)) : 0;
  }

  /** hmark_swap_ports(): masked, and the larger half first. */
  private int swapped(int both) {
    int masked = both & (int) (ports >>> 32) | (int) ports;
    return (masked & 0xffff) > masked >>> 16 ? masked << 16 | masked >>> 16 : masked;
  }

  private void mark(SkBuff skb, int src, int dst, int portWord, int protocol) {
    boolean swap = Integer.compareUnsigned(dst, src) < 0;
    int hash = jhash(swap ? dst : src, swap ? src : dst, portWord, random) ^ protocol & protocolMask;
    skb.setMark((int) ((hash & 0xffff_ffffL) * (modulus & 0xffff_ffffL) >>> 32) + offset);
  }

  /** jhash_3words() in include/linux/jhash.h: Bob Jenkins' lookup3. */
  static int jhash(int first, int second, int third, int seed) {
    int start = seed + JHASH_INITIAL + (3 << 2);
    int a = first + start;
    int b = second + start;
    int c = third + start;
    c ^= b;
    c -= Integer.rotateLeft(b, 14);
    a ^= c;
    a -= Integer.rotateLeft(c, 11);
    b ^= a;
    b -= Integer.rotateLeft(a, 25);
    c ^= b;
    c -= Integer.rotateLeft(b, 16);
    a ^= c;
    a -= Integer.rotateLeft(c, 4);
    b ^= a;
    b -= Integer.rotateLeft(a, 14);
    c ^= b;
    c -= Integer.rotateLeft(b, 24);
    return c;
  }

  private static int bits(AddressMask mask) {
    return Math.max(0, mask.prefixLength());
  }

  @Override
  public void print(RuleWriter out) {
    source.ifPresent(m -> out.option("--hmark-src-prefix", bits(m)));
    destination.ifPresent(m -> out.option("--hmark-dst-prefix", bits(m)));
    HmarkParser.PRINTED.forEach((name, format) -> {
      if (options.containsKey(name)) {
        out.option("--hmark-" + name, String.format(Locale.ROOT, format, options.get(name)));
      }
    });
    out.option("--hmark-rnd", String.format(Locale.ROOT, "0x%08x", random));
    out.option("--hmark-mod", Integer.toUnsignedString(modulus));
    if (offset != 0) {
      out.option("--hmark-offset", Integer.toUnsignedString(offset));
    }
    if (connection) {
      out.option("--hmark-tuple", "ct");
    }
  }

  /** iptables writes a blank after each part, the last one too, and nothing for an IPv6 prefix of 128. */
  @Override
  public void list(ListingWriter out) {
    StringBuilder text = new StringBuilder("HMARK mod ").append(Integer.toUnsignedString(modulus)).append(' ');
    if (offset != 0) {
      text.append("+ ").append(Extension.hex(offset)).append(' ');
    }
    if (connection) {
      text.append("ct, ");
    }
    source.ifPresent(m -> text.append("src-prefix ").append(listedBits(m)).append(' '));
    destination.ifPresent(m -> text.append("dst-prefix ").append(listedBits(m)).append(' '));
    HmarkParser.PRINTED.keySet().forEach(name -> {
      if (options.containsKey(name)) {
        text.append(name).append(' ').append(Extension.hex(options.get(name))).append(' ');
      }
    });
    out.word(text.append("rnd ").append(Extension.hex(random)).append(' ').toString());
  }

  private static String listedBits(AddressMask mask) {
    return bits(mask) == 128 ? "" : String.valueOf(bits(mask));
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.MARK);
  }
}
