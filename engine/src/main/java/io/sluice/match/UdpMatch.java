package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.ActionParam.Backend;
import io.sluice.net.SkBuff;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m udp [!] --sport p[:p] [!] --dport p[:p]}.
 *
 * <p>Kernel: udp_mt() in net/netfilter/xt_tcpudp.c; iptables-nft writes native expressions
 * ({@link TransportHeader#nftPort}, {@link PortPair#isJoinedByNft}). iptables: extensions/libxt_udp.c. The kernel has the
 * same match for UDP-Lite, but iptables 1.8.9 has no way to write it; UDP-Lite ports are matched with {@code -m multiport}.
 *
 * @param anyProtocol whether packets are not UDP: native expressions may stand behind {@code ! -p udp}
 */
record UdpMatch(PortPair ports, boolean anyProtocol) implements Match {

  static final MatchExtension EXTENSION = new Extension("udp",
      OptionSpec.invertible("--sport").alias("--source-port"),
      OptionSpec.invertible("--dport").alias("--destination-port")) {

    @Override
    public Set<Integer> protocols() {
      return Set.of(Protocols.UDP);
    }

    @Override
    public Match parse(Options options) {
      UdpMatch match = new UdpMatch(PortPair.parseResolved(options), options.protocolInverted());
      return options.backend() == Backend.NFT && !match.isEmptyInNft()
          ? new UdpMatch(match.ports.asNative(), match.anyProtocol) : match;
    }

    @Override
    public boolean isLeftOut(Match match, Backend backend) {
      return backend == Backend.NFT && ((UdpMatch) match).isEmptyInNft();
    }

    @Override
    public boolean isCheckedByKernel(Match match, Backend backend) {
      return backend == Backend.LEGACY || !((UdpMatch) match).isNative();
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("udp")) {
        return Optional.empty();
      }
      return Optional.of(new UdpMatch(PortPair.readListing(in), false));
    }
  };

  @Override
  public String name() {
    return "udp";
  }

  @Override
  public int headerBytes() {
    return 8;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (par.backend() == Backend.NFT && isNative()) {
      return ports.nftMatches(skb);
    }
    return TransportHeader.present(skb, par, headerBytes()) && ports.matches(skb);
  }

  /** Whether iptables-nft writes native expressions: not without any option. */
  private boolean isNative() {
    return !ports.isAny();
  }

  /** Whether options were given, and iptables-nft writes no expression for any of them. */
  private boolean isEmptyInNft() {
    return ports.spansAll() && ports.isInverted();
  }

  @Override
  public Optional<Match> readBackByNft(Match read) {
    PortPair earlier = read == null ? PortPair.ANY : ((UdpMatch) read).ports;
    return isNative() ? Optional.of(new UdpMatch(ports.readBackBehind(earlier), anyProtocol)) : Optional.empty();
  }

  @Override
  public void print(RuleWriter out) {
    ports.print(out);
  }

  @Override
  public void list(ListingWriter out) {
    out.word("udp");
    ports.list(out);
  }

  @Override
  public Constraint constraint() {
    if (anyProtocol || ports.isJoinedByNft()) {
      return Constraint.pureOpaque(); // bytes of a header that has no ports; an answer that depends on the back end
    }
    List<Constraint> parts = new ArrayList<>();
    ports.constrain(parts);
    return parts.isEmpty() ? Constraint.any() : new Constraint.All(parts);
  }
}
