package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.ExtensionWalk;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m socket [--transparent] [--nowildcard] [--restore-skmark]}: whether a local socket would take the packet. TCP
 * and UDP packets and ICMP errors that quote one ask the oracle, all others never match.
 *
 * <p>Kernel: socket_mt4_v1_v2_v3() in net/netfilter/xt_socket.c. iptables: extensions/libxt_socket.c, revision 3. Not
 * modelled: the mark that {@code --restore-skmark} copies from the socket.
 */
record SocketMatch(boolean transparent, boolean nowildcard, boolean restoreMark) implements Match {
  static final MatchExtension EXTENSION = new Extension("socket",
      OptionSpec.flag("--transparent"), OptionSpec.flag("--nowildcard"), OptionSpec.flag("--restore-skmark")) {
    @Override
    public Match parse(Options options) {
      return new SocketMatch(options.has("--transparent"), options.has("--nowildcard"), options.has("--restore-skmark"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      return in.skip("socket")
          ? Optional.of(new SocketMatch(in.skip("--transparent"), in.skip("--nowildcard"), in.skip("--restore-skmark")))
          : Optional.empty();
    }
  };

  @Override
  public String name() {
    return "socket";
  }

  @Override
  public boolean needsReassembly() {
    return true;
  }

  @Override
  public Set<Field> changes() {
    return restoreMark ? Set.of(Field.MARK) : Set.of();
  }

  @Override
  public Set<Hook> hooks() {
    return EnumSet.of(Hook.PREROUTING, Hook.INPUT);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (!hasPorts(skb)) {
      return false;
    }
    RuleWriter text = new RuleWriter();
    print(text);
    return par.net().oracle().decide("-m socket " + text);
  }

  /** Whether there are ports to look a socket up by: those of the packet, or of the one that an ICMP error quotes. */
  private static boolean hasPorts(SkBuff skb) {
    switch (skb.protocol()) {
      case Protocols.TCP:
        return skb.hasTransport(20);
      case Protocols.UDP:
        return skb.hasTransport(8);
      case Protocols.ICMP:
        return skb.family() == Family.IPV4 && skb.hasTransport(8) && IcmpTypes.isError4(skb.u8(skb.transportOffset()))
            && quotesPorts4(skb);
      case Protocols.ICMPV6:
        return skb.family() == Family.IPV6 && skb.hasTransport(8)
            && !IcmpTypes.isInformational6(skb.u8(skb.transportOffset())) && quotesPorts6(skb);
      default:
        return false;
    }
  }

  /** extract_icmp4_fields() in net/ipv4/netfilter/nf_socket_ipv4.c. */
  private static boolean quotesPorts4(SkBuff skb) {
    int quoted = skb.transportOffset() + 8;
    return quoted + 20 <= skb.length() && isTcpOrUdp(skb.u8(quoted + 9))
        && quoted + (skb.u8(quoted) & 0xf) * 4 + 4 <= skb.length();
  }

  /** extract_icmp6_fields() in net/ipv6/netfilter/nf_socket_ipv6.c. */
  private static boolean quotesPorts6(SkBuff skb) {
    int quoted = skb.transportOffset() + 8;
    if (quoted + 40 > skb.length()) {
      return false;
    }
    long found = ExtensionWalk.skip(skb, quoted + 40, skb.u8(quoted + 6));
    return found >= 0 && isTcpOrUdp(ExtensionWalk.protocol(found)) && ExtensionWalk.offset(found) + 4 <= skb.length();
  }

  private static boolean isTcpOrUdp(int protocol) {
    return protocol == Protocols.TCP || protocol == Protocols.UDP;
  }

  @Override
  public void print(RuleWriter out) {
    if (transparent) {
      out.word("--transparent");
    }
    if (nowildcard) {
      out.word("--nowildcard");
    }
    if (restoreMark) {
      out.word("--restore-skmark");
    }
  }

  @Override
  public void list(ListingWriter out) {
    RuleWriter options = new RuleWriter();
    print(options);
    out.word("socket" + (options.toString().isEmpty() ? "" : " " + options));
  }
}
