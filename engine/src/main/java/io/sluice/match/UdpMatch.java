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
import io.sluice.ruleset.Field;
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
 * ({@link TransportHeader#nftPort}). iptables: extensions/libxt_udp.c. The kernel has the same match for UDP-Lite, but
 * iptables 1.8.9 has no way to write it; UDP-Lite ports are matched with {@code -m multiport}.
 *
 * @param anyProtocol whether packets are not UDP: native expressions may stand behind {@code ! -p udp}
 */
record UdpMatch(PortRange source, PortRange destination, boolean anyProtocol) implements Match {

  static final MatchExtension EXTENSION = new Extension("udp",
      OptionSpec.invertible("--sport").alias("--source-port"),
      OptionSpec.invertible("--dport").alias("--destination-port")) {

    @Override
    public Set<Integer> protocols() {
      return Set.of(Protocols.UDP);
    }

    @Override
    public Match parse(Options options) {
      PortRange source = PortRange.parse(options, "--sport", false);
      PortRange destination = PortRange.parse(options, "--dport", false);
      UdpMatch match = new UdpMatch(source, destination, options.protocolInverted());
      return options.backend() == Backend.NFT && !match.isEmptyInNft()
          ? new UdpMatch(source.asNative(), destination.asNative(), match.anyProtocol) : match;
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
      return Optional.of(new UdpMatch(PortRange.readListing(in, "spt"), PortRange.readListing(in, "dpt"), false));
    }
  };

  @Override
  public String name() {
    return "udp";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (par.backend() == Backend.NFT && isNative()) {
      return source.nftMatches(skb, 0) && destination.nftMatches(skb, 2);
    }
    return TransportHeader.present(skb, par, 8)
        && source.matches(skb.sourcePort()) && destination.matches(skb.destinationPort());
  }

  /** Whether iptables-nft writes native expressions: not without any option. */
  private boolean isNative() {
    return !(source.isAny() && destination.isAny());
  }

  /** Whether options were given, and iptables-nft writes no expression for any of them. */
  private boolean isEmptyInNft() {
    return source.spansAll() && destination.spansAll() && (source.inverted() || destination.inverted());
  }

  @Override
  public void print(RuleWriter out) {
    source.print(out, "--sport");
    destination.print(out, "--dport");
  }

  @Override
  public void list(ListingWriter out) {
    out.word("udp");
    source.list(out, "spt");
    destination.list(out, "dpt");
  }

  @Override
  public Constraint constraint() {
    if (anyProtocol) {
      return Constraint.pureOpaque(); // bytes of a header that has no ports
    }
    List<Constraint> parts = new ArrayList<>();
    source.constrain(Field.SOURCE_PORT, parts);
    destination.constrain(Field.DESTINATION_PORT, parts);
    return parts.isEmpty() ? Constraint.any() : new Constraint.All(parts);
  }
}
