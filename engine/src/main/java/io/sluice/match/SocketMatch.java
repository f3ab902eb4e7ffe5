package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m socket [--transparent] [--nowildcard] [--restore-skmark]}: whether a local socket would take the packet. TCP,
 * UDP and ICMP packets ask the oracle, all others never match.
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
  public Set<Hook> hooks() {
    return EnumSet.of(Hook.PREROUTING, Hook.INPUT);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    switch (skb.protocol()) {
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        if (!isError(skb)) {
          return false;
        }
        // falls through: the packet that an error quotes may be a socket's
      case Protocols.TCP:
      case Protocols.UDP:
        RuleWriter text = new RuleWriter();
        print(text);
        return par.net().oracle().decide("-m socket " + text);
      default:
        return false;
    }
  }

  /** extract_icmp4_fields() in net/ipv4/netfilter/nf_socket_ipv4.c, extract_icmp6_fields() in its twin. */
  private static boolean isError(SkBuff skb) {
    if (!skb.hasTransport(1)) {
      return false;
    }
    int type = skb.u8(skb.transportOffset());
    return skb.family() == Family.IPV6 ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
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
