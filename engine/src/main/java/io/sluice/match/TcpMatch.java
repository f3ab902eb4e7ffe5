package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.ActionParam.Backend;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m tcp [!] --sport p[:p] [!] --dport p[:p] [!] --tcp-option n [!] --tcp-flags mask comp [!] --syn}.
 *
 * <p>Kernel: tcp_mt() and tcp_find_option() in net/netfilter/xt_tcpudp.c. iptables: extensions/libxt_tcp.c.
 *
 * <p>A header of less than 20 bytes drops the packet. But iptables-nft uses native expressions except with
 * {@code --tcp-option}: those look at nothing but the bytes they need, and at those in later fragments too; an inverted
 * range of all ports and an empty flag mask are left out, so that the rule matches where the legacy one never does; and
 * two inverted ports become one comparison ({@link PortPair#isJoinedByNft}).
 *
 * @param option TCP option number that must (not) be there; 0 for any
 * @param anyProtocol whether packets are not TCP: native expressions may stand behind {@code ! -p tcp}
 */
record TcpMatch(
    PortPair ports,
    int option,
    boolean optionInverted,
    int flagMask,
    int flagCompare,
    boolean flagsInverted,
    boolean anyProtocol)
    implements Match {

  private static final int HEADER = 20;
  /** Offset of the byte of flags. */
  private static final int FLAGS = 13;
  private static final int SYN_MASK = TcpFlags.FIN | TcpFlags.SYN | TcpFlags.RST | TcpFlags.ACK;

  static final MatchExtension EXTENSION = new Extension("tcp",
      OptionSpec.invertible("--sport").alias("--source-port"),
      OptionSpec.invertible("--dport").alias("--destination-port"),
      new OptionSpec("--tcp-flags", 2, true, false), OptionSpec.invertibleFlag("--syn"),
      OptionSpec.invertible("--tcp-option")) {

    @Override
    public Set<Integer> protocols() {
      return Set.of(Protocols.TCP);
    }

    @Override
    public Match parse(Options options) {
      PortPair ports = PortPair.parse(options);
      int option = options.has("--tcp-option") ? (int) options.argument("--tcp-option").number(1, 255) : 0;
      Options.Use flags = one(options, "--syn", "--tcp-flags");
      int mask = 0;
      int compare = 0;
      if (flags != null && flags.arguments().isEmpty()) {
        mask = SYN_MASK;
        compare = TcpFlags.SYN;
      } else if (flags != null) {
        mask = TcpFlags.parse(flags.arguments().get(0));
        compare = TcpFlags.parse(flags.arguments().get(1));
      }
      TcpMatch match = new TcpMatch(ports, option, options.inverted("--tcp-option"), mask, compare, inverted(flags),
          options.protocolInverted());
      return options.backend() == Backend.NFT && match.isNative() && !match.isEmptyInNft() ? match.asNative() : match;
    }

    @Override
    public boolean isLeftOut(Match match, Backend backend) {
      return backend == Backend.NFT && ((TcpMatch) match).isEmptyInNft();
    }

    @Override
    public boolean isCheckedByKernel(Match match, Backend backend) {
      return backend == Backend.LEGACY || !((TcpMatch) match).isNative();
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("tcp")) {
        return Optional.empty();
      }
      PortPair ports = PortPair.readListing(in);
      Argument option = in.skipPrefix("option=");
      Argument flags = in.skipPrefix("flags:");
      int mask = 0;
      int compare = 0;
      if (flags != null) {
        List<Argument> parts = afterBang(flags).split('/');
        if (parts.size() != 2) {
          throw flags.error("bad TCP flags: " + flags.text(), "expected mask/compare");
        }
        mask = TcpFlags.parseListed(parts.get(0));
        compare = TcpFlags.parseListed(parts.get(1));
      }
      return Optional.of(new TcpMatch(ports, option == null ? 0 : afterBang(option).u8(),
          option != null && bang(option), mask, compare, flags != null && bang(flags), false));
    }
  };

  @Override
  public String name() {
    return "tcp";
  }

  @Override
  public int headerBytes() {
    return HEADER;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (par.backend() == Backend.NFT && isNative()) {
      return ports.nftMatches(skb) && nftFlagsHold(skb);
    }
    if (skb.fragmentOffset() != 0) {
      // A second fragment that starts inside the header is an attack. The kernel counts in units of 8 bytes for
      // IPv4; for IPv6 it counts in bytes, so that there this test never holds.
      if (skb.family() == Family.IPV4 && skb.fragmentOffset() == 8) {
        par.setHotdrop();
      }
      return false;
    }
    return TransportHeader.present(skb, par, headerBytes())
        && ports.matches(skb) && flagsHold(skb.u8(skb.transportOffset() + FLAGS)) && (option == 0 || hasOption(skb, par));
  }

  /** Whether iptables-nft writes native expressions: not for --tcp-option, and not without any option. */
  private boolean isNative() {
    return option == 0 && !(ports.isAny() && flagMask == 0 && flagCompare == 0 && !flagsInverted);
  }

  /** Whether options were given, and iptables-nft writes no expression for any of them. */
  private boolean isEmptyInNft() {
    return isNative() && ports.spansAll() && flagMask == 0;
  }

  /** With what iptables-nft writes expressions for. */
  private TcpMatch asNative() {
    return new TcpMatch(ports.asNative(), 0, false, flagMask, flagMask == 0 ? 0 : flagCompare,
        flagMask != 0 && flagsInverted, anyProtocol);
  }

  @Override
  public Optional<Match> readBackByNft(Match read) {
    if (!isNative()) {
      return Optional.empty();
    }
    TcpMatch earlier = read == null ? new TcpMatch(PortPair.ANY, 0, false, 0, 0, false, anyProtocol) : (TcpMatch) read;
    TcpMatch flags = flagMask == 0 ? earlier : this; // nft_parse_tcp_flags()
    return Optional.of(new TcpMatch(ports.readBackBehind(earlier.ports), 0, false, flags.flagMask, flags.flagCompare,
        flagsInverted || earlier.flagsInverted, anyProtocol));
  }

  private boolean flagsHold(int flags) {
    return ((flags & flagMask) == flagCompare) != flagsInverted;
  }

  /** For an empty mask iptables-nft writes no expression. */
  private boolean nftFlagsHold(SkBuff skb) {
    int at = flagMask == 0 ? -1 : TransportHeader.nftPlace(skb, FLAGS, 1);
    return flagMask == 0 || at >= 0 && flagsHold(skb.u8(at));
  }

  private boolean hasOption(SkBuff skb, ActionParam par) {
    int at = skb.transportOffset();
    int headerLength = (skb.u8(at + 12) >> 4) * 4;
    if (headerLength < HEADER || !skb.hasTransport(headerLength)) {
      par.setHotdrop();
      return false;
    }
    int end = at + headerLength;
    for (int i = at + HEADER; i < end;) {
      int kind = skb.u8(i);
      if (kind == option) {
        return !optionInverted;
      }
      if (kind < 2) {
        i++;
      } else {
        // As in the kernel, a length of 0 counts as 1, and that of a kind in the last byte is not looked at.
        int length = i + 1 < end ? skb.u8(i + 1) : 0;
        i += length == 0 ? 1 : length;
      }
    }
    return optionInverted;
  }

  @Override
  public void print(RuleWriter out) {
    ports.print(out);
    if (option != 0) {
      out.option(optionInverted, "--tcp-option", option);
    }
    if (flagMask != 0 || flagsInverted) {
      out.option(flagsInverted, "--tcp-flags", TcpFlags.text(flagMask)).word(TcpFlags.text(flagCompare));
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("tcp");
    ports.list(out);
    if (option != 0) {
      out.word("option=" + (optionInverted ? "!" : "") + option);
    }
    if (flagMask != 0 || flagsInverted) {
      out.word(String.format("flags:%s0x%02X/0x%02X", flagsInverted ? "!" : "", flagMask, flagCompare));
    }
  }

  @Override
  public Constraint constraint() {
    if (anyProtocol || ports.isJoinedByNft()) {
      return Constraint.pureOpaque(); // bytes of a header that has no ports; an answer that depends on the back end
    }
    List<Constraint> parts = new ArrayList<>();
    ports.constrain(parts);
    if (flagMask != 0 || flagCompare != 0 || flagsInverted) {
      Constraint masked = new Constraint.Masked(Field.TCP_FLAGS, flagCompare, flagMask);
      parts.add(flagsInverted ? new Constraint.Not(masked) : masked);
    }
    if (option != 0) {
      parts.add(Constraint.pureOpaque());
    }
    return parts.isEmpty() ? Constraint.any() : new Constraint.All(parts);
  }
}
