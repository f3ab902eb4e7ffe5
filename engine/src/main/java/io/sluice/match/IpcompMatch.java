package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.HeaderHint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m ipcomp [!] --ipcompspi n[:n] --compres}. Without {@code --ipcompspi} only index 0 matches, and the kernel does
 * not look at {@code --compres}: both as they are.
 *
 * <p>Kernel: comp_mt() in net/netfilter/xt_ipcomp.c. iptables: extensions/libxt_ipcomp.c.
 */
record IpcompMatch(SpiRange cpi, boolean reserved) implements Match {

  private static final SpiRange ZERO = new SpiRange(new NumberRange(0, 0), false);

  static final MatchExtension EXTENSION =
      new Extension("ipcomp", OptionSpec.invertible("--ipcompspi"), OptionSpec.flag("--compres")) {
    @Override
    public Set<Integer> protocols() {
      return Set.of(Protocols.IPCOMP);
    }

    @Override
    public Match parse(Options options) {
      return new IpcompMatch(SpiRange.parse(options, "--ipcompspi", ZERO), options.has("--compres"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      return in.skip("comp")
          ? Optional.of(new IpcompMatch(SpiRange.readListing(in, "spi", SpiRange.ANY), in.skip("reserved")))
          : Optional.empty();
    }
  };

  @Override
  public String name() {
    return "ipcomp";
  }

  @Override
  public int headerBytes() {
    return 4;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return TransportHeader.present(skb, par, headerBytes()) && cpi.holds(skb.u16(skb.transportOffset() + 2));
  }

  @Override
  public void print(RuleWriter out) {
    cpi.print(out, "--ipcompspi");
    if (reserved) {
      out.word("--compres");
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("comp " + cpi.listed("spi") + (reserved ? " reserved" : ""));
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }

  @Override
  public List<HeaderHint> exampleHeaders() {
    int index = cpi.example() & 0xffff;
    return List.of(new HeaderHint(Protocols.IPCOMP, Protocols.IPV6_NONE, 0, index >> 8, index & 0xff));
  }
}
