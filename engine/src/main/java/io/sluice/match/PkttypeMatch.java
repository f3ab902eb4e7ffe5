package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code -m pkttype [!] --pkt-type unicast|broadcast|multicast|otherhost} (also host, bcast, mcast).
 *
 * <p>Kernel: pkttype_mt() in net/netfilter/xt_pkttype.c. iptables: extensions/libxt_pkttype.c.
 */
record PkttypeMatch(SkBuff.PacketType type, boolean inverted) implements Match {

  static final MatchExtension EXTENSION = new Extension("pkttype", OptionSpec.invertible("--pkt-type")) {
    @Override
    public Match parse(Options options) {
      return new PkttypeMatch(type(options.require("--pkt-type")), options.inverted("--pkt-type"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (in.skip("PKTTYPE", "=")) {
        return Optional.of(new PkttypeMatch(type(in.next()), false));
      }
      return in.skip("PKTTYPE", "!=") ? Optional.of(new PkttypeMatch(type(in.next()), true)) : Optional.empty();
    }
  };

  private static SkBuff.PacketType type(Argument argument) {
    switch (argument.text().toLowerCase(Locale.ROOT)) {
      case "unicast":
      case "host":
        return SkBuff.PacketType.UNICAST;
      case "broadcast":
      case "bcast":
        return SkBuff.PacketType.BROADCAST;
      case "multicast":
      case "mcast":
        return SkBuff.PacketType.MULTICAST;
      case "otherhost":
        return SkBuff.PacketType.OTHERHOST;
      default:
        throw argument.error("unknown packet type: " + argument.text(),
            "expected unicast, broadcast, multicast or otherhost");
    }
  }

  @Override
  public String name() {
    return "pkttype";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return (skb.addressing() == type) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--pkt-type", text());
  }

  @Override
  public void list(ListingWriter out) {
    out.word("PKTTYPE " + (inverted ? "!= " : "= ") + text());
  }

  private String text() {
    return type.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Constraint constraint() {
    Constraint addressed = new Constraint.Known(Circumstance.PACKET_TYPE, type.number(), type.number());
    return inverted ? new Constraint.Not(addressed) : addressed;
  }
}
