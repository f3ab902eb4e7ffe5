package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.Options;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.List;

/** {@code [!] --sport p[:p] [!] --dport p[:p]} of {@code -m tcp} and {@code -m udp}. */
record PortPair(PortRange source, PortRange destination) {
  static final PortPair ANY = new PortPair(PortRange.ANY, PortRange.ANY);

  static PortPair parse(Options options) {
    return new PortPair(PortRange.parse(options, "--sport"), PortRange.parse(options, "--dport"));
  }

  /** As {@link PortRange#parseResolved} reads them. */
  static PortPair parseResolved(Options options) {
    return new PortPair(PortRange.parseResolved(options, "--sport"), PortRange.parseResolved(options, "--dport"));
  }

  static PortPair readListing(ListingReader in) {
    return new PortPair(PortRange.readListing(in, "spt"), PortRange.readListing(in, "dpt"));
  }

  /** As iptables-nft keeps it. */
  PortPair asNative() {
    return new PortPair(source.asNative(), destination.asNative());
  }

  /** What iptables-nft has read from the expressions of {@code earlier} ports and these. */
  PortPair readBackBehind(PortPair earlier) {
    return new PortPair(source.readBackBehind(earlier.source), destination.readBackBehind(earlier.destination));
  }

  /**
   * Whether iptables-nft makes one comparison of two inverted ports, so that packets match unless both ports are the ones
   * that are named: add_nft_tcpudp() in iptables/nft.c up to 1.8.10.
   */
  boolean isJoinedByNft() {
    return isOneInverted(source) && isOneInverted(destination);
  }

  private static boolean isOneInverted(PortRange range) {
    return range.inverted() && range.first() == range.last() && range.first() != 0;
  }

  boolean matches(SkBuff skb) {
    return source.matches(skb.sourcePort()) && destination.matches(skb.destinationPort());
  }

  /** Whether native nft expressions match. */
  boolean nftMatches(SkBuff skb) {
    if (!isJoinedByNft()) {
      return source.nftMatches(skb, 0) && destination.nftMatches(skb, 2);
    }
    int at = TransportHeader.nftPlace(skb, 0, 4);
    return at >= 0 && (source.matches(skb.u16(at)) || destination.matches(skb.u16(at + 2)));
  }

  /** Whether nothing is asked of the ports. */
  boolean isAny() {
    return source.isAny() && destination.isAny();
  }

  /** Whether both ranges span all ports, inverted or not. */
  boolean spansAll() {
    return source.spansAll() && destination.spansAll();
  }

  boolean isInverted() {
    return source.inverted() || destination.inverted();
  }

  void print(RuleWriter out) {
    source.print(out, "--sport");
    destination.print(out, "--dport");
  }

  void list(ListingWriter out) {
    source.list(out, "spt");
    destination.list(out, "dpt");
  }

  /** Adds what the ports demand of a packet to {@code parts}; for {@link #isJoinedByNft} it depends on the back end. */
  void constrain(List<Constraint> parts) {
    source.constrain(Field.SOURCE_PORT, parts);
    destination.constrain(Field.DESTINATION_PORT, parts);
  }
}
