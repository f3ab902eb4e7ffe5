package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j SNPT} and {@code -j DNPT --src-pfx network --dst-pfx network}: replaces the source's (destination's) prefix,
 * statelessly, and mends one 16-bit word of the address so that checksums stay right (RFC 6296). So do the addresses that
 * an ICMPv6 error quotes, back again.
 *
 * <p>Kernel: ip6t_snpt_tg(), ip6t_dnpt_tg() and ip6t_npt_map_pfx() in net/ipv6/netfilter/ip6t_NPT.c. iptables:
 * extensions/libip6t_SNPT.c, libip6t_DNPT.c.
 *
 * @param adjustment what is added to the word, in one's complement
 */
record NptTarget(boolean source, AddressMask from, AddressMask to, int adjustment) implements ExtensionTarget {
  private static final int SOURCE = 8;
  private static final int DESTINATION = 24;
  private static final int PARAMETER_PROBLEM = 4;

  static final TargetExtension SNPT = new NptExtension(true, "SNPT", Hook.INPUT, Hook.POSTROUTING);
  static final TargetExtension DNPT = new NptExtension(false, "DNPT", Hook.PREROUTING, Hook.OUTPUT);

  private static final class NptExtension extends Extension {
    private final boolean source;

    NptExtension(boolean source, String name, Hook... hooks) {
      super(Place.ANYWHERE.family(Family.IPV6).tables("mangle").hooks(hooks), name, OptionSpec.value("--src-pfx"),
          OptionSpec.value("--dst-pfx"));
      this.source = source;
    }

    @Override
    public ExtensionTarget parse(Options options) {
      return of(source, prefix(options.require("--src-pfx")), prefix(options.require("--dst-pfx")));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (!in.skip(name(), "src-pfx")) {
        return Optional.empty();
      }
      AddressMask from = prefix(in.next());
      in.skip("dst-pfx");
      return Optional.of(of(source, from, prefix(in.next())));
    }
  }

  private static AddressMask prefix(Argument argument) {
    AddressMask mask = argument.addressMask(Family.IPV6);
    int slash = argument.text().indexOf('/');
    boolean clean = slash < 0 || mask.address().equals(argument.part(0, slash).address(Family.IPV6));
    if (mask.prefixLength() < 0 || mask.prefixLength() > 64 || !clean) {
      throw argument.error("Invalid argument: " + argument.text(), "expected a network of at most 64 bits: address/length");
    }
    return mask;
  }

  private static NptTarget of(boolean source, AddressMask from, AddressMask to) {
    int sum = sum(from) + (~sum(to) & 0xffff);
    return new NptTarget(source, from, to, (sum & 0xffff) + (sum >>> 16));
  }

  /** The one's-complement sum of the network's eight words. */
  private static int sum(AddressMask mask) {
    long sum = 0;
    for (int shift = 0; shift < 64; shift += 16) {
      sum += (mask.hi() >>> shift & 0xffff) + (mask.lo() >>> shift & 0xffff);
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    return (int) ((sum & 0xffff) + (sum >>> 16));
  }

  @Override
  public String name() {
    return source ? "SNPT" : "DNPT";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    int at = source ? SOURCE : DESTINATION;
    if (!map(skb, at)) {
      par.net().icmp().send(skb, PARAMETER_PROBLEM, 0, at);
      return Verdict.DROP;
    }
    int quoted = quotedHeader(skb);
    if (quoted >= 0) {
      int other = quoted + (source ? DESTINATION : SOURCE);
      if (from.matches(u64(skb, other), u64(skb, other + 8))) {
        map(skb, other);
      }
    }
    skb.parse();
    return Verdict.CONTINUE;
  }

  /** Where the IPv6 header stands that an ICMPv6 error quotes; -1 if this is none, or it is not all there. */
  private static int quotedHeader(SkBuff skb) {
    boolean error = skb.u8(6) == Protocols.ICMPV6 && skb.hasTransport(48) && !IcmpTypes.isInformational6(skb.u8(skb.transportOffset()));
    return error ? skb.transportOffset() + 8 : -1;
  }

  private static long u64(SkBuff skb, int at) {
    return (long) skb.u32(at) << 32 | skb.u32(at + 4) & 0xffff_ffffL;
  }

  /** Maps the address at {@code at}; false where no word is left that could be mended. */
  private boolean map(SkBuff skb, int at) {
    int bits = Math.max(from.prefixLength(), to.prefixLength());
    long keep = bits == 0 ? -1L : bits == 64 ? 0 : -1L >>> bits;
    long hi = u64(skb, at) & keep | to.hi() & ~keep;
    int word = 3;
    if (bits > 48) {
      word = 4;
      while (word < 8 && skb.u16(at + 2 * word) == 0xffff) {
        word++;
      }
      if (word == 8) {
        skb.putU32(at, (int) (hi >>> 32));
        skb.putU32(at + 4, (int) hi);
        return false;
      }
    }
    skb.putU32(at, (int) (hi >>> 32));
    skb.putU32(at + 4, (int) hi);
    int sum = skb.u16(at + 2 * word) + adjustment;
    sum = (sum & 0xffff) + (sum >>> 16);
    skb.putU16(at + 2 * word, sum == 0xffff ? 0 : sum);
    return true;
  }

  @Override
  public void print(RuleWriter out) {
    if (!from.isAny()) {
      out.option("--src-pfx", from);
    }
    if (!to.isAny()) {
      out.option("--dst-pfx", to);
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word(name() + " src-pfx " + from + " dst-pfx " + to);
  }

  @Override
  public Set<Field> changes() {
    return Set.of(source ? Field.SOURCE : Field.DESTINATION);
  }
}
