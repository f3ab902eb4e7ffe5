package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
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

/**
 * {@code -m ecn [!] --ecn-tcp-cwr [!] --ecn-tcp-ece [!] --ecn-ip-ect 0..3}; the first two with {@code -p tcp}.
 *
 * <p>Kernel: ecn_mt4(), ecn_mt6() and match_tcp() in net/netfilter/xt_ecn.c, which does not mind fragments: it reads a
 * later fragment's payload as a header. iptables: extensions/libxt_ecn.c.
 *
 * @param ect -1 without {@code --ecn-ip-ect}
 */
record EcnMatch(Bit cwr, Bit ece, int ect, boolean ectInverted) implements Match {

  /** What is asked of a TCP flag. */
  enum Bit {
    ANY,
    SET,
    CLEAR;

    boolean allows(boolean set) {
      return this == ANY || set == (this == SET);
    }
  }

  static final MatchExtension EXTENSION = new Extension("ecn",
      OptionSpec.invertibleFlag("--ecn-tcp-cwr"), OptionSpec.invertibleFlag("--ecn-tcp-ece"),
      OptionSpec.invertible("--ecn-ip-ect")) {
    @Override
    public Match parse(Options options) {
      if (options.isEmpty()) {
        throw options.missing("one of --ecn-tcp-cwr --ecn-tcp-ece --ecn-ip-ect");
      }
      Bit cwr = bit(options, "--ecn-tcp-cwr");
      Bit ece = bit(options, "--ecn-tcp-ece");
      if ((cwr != Bit.ANY || ece != Bit.ANY) && (options.protocol() != Protocols.TCP || options.protocolInverted())) {
        throw options.error("TCP's ECN flags without TCP", "expected -p tcp");
      }
      return new EcnMatch(cwr, ece, options.has("--ecn-ip-ect") ? (int) options.argument("--ecn-ip-ect").number(0, 3) : -1,
          options.inverted("--ecn-ip-ect"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("ECN", "match")) {
        return Optional.empty();
      }
      Bit ece = in.skip("!ECE") ? Bit.CLEAR : in.skip("ECE") ? Bit.SET : Bit.ANY;
      Bit cwr = in.skip("!CWR") ? Bit.CLEAR : in.skip("CWR") ? Bit.SET : Bit.ANY;
      Argument not = in.skipPrefix("!ECT=");
      Argument ect = not != null ? not : in.skipPrefix("ECT=");
      return Optional.of(new EcnMatch(cwr, ece, ect == null ? -1 : (int) ect.number(0, 3), not != null));
    }
  };

  private static Bit bit(Options options, String option) {
    return !options.has(option) ? Bit.ANY : options.inverted(option) ? Bit.CLEAR : Bit.SET;
  }

  @Override
  public String name() {
    return "ecn";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (ect >= 0 && ((skb.tos() & 3) == ect) == ectInverted) {
      return false;
    }
    if (cwr == Bit.ANY && ece == Bit.ANY) {
      return true;
    }
    if (!skb.hasTransport(20)) {
      return false;
    }
    int flags = skb.u8(skb.transportOffset() + 13);
    return ece.allows((flags & 0x40) != 0) && cwr.allows((flags & 0x80) != 0);
  }

  @Override
  public void print(RuleWriter out) {
    if (ece != Bit.ANY) {
      out.option(ece == Bit.CLEAR, "--ecn-tcp-ece");
    }
    if (cwr != Bit.ANY) {
      out.option(cwr == Bit.CLEAR, "--ecn-tcp-cwr");
    }
    if (ect >= 0) {
      out.option(ectInverted, "--ecn-ip-ect", ect);
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("ECN match");
    if (ece != Bit.ANY) {
      out.word((ece == Bit.CLEAR ? "!" : "") + "ECE");
    }
    if (cwr != Bit.ANY) {
      out.word((cwr == Bit.CLEAR ? "!" : "") + "CWR");
    }
    if (ect >= 0) {
      out.word((ectInverted ? "!" : "") + "ECT=" + ect);
    }
  }

  @Override
  public Constraint constraint() {
    List<Constraint> parts = new ArrayList<>();
    if (ect >= 0) {
      Constraint masked = new Constraint.Masked(Field.TOS, ect, 3);
      parts.add(ectInverted ? new Constraint.Not(masked) : masked);
    }
    if (ece != Bit.ANY) {
      parts.add(new Constraint.Masked(Field.TCP_FLAGS, ece == Bit.SET ? 0x40 : 0, 0x40));
    }
    if (cwr != Bit.ANY) {
      parts.add(new Constraint.Masked(Field.TCP_FLAGS, cwr == Bit.SET ? 0x80 : 0, 0x80));
    }
    return new Constraint.All(parts);
  }
}
