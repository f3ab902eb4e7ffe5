package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.HeaderHint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m esp [!] --espspi n[:n]} and, for IPv4, {@code -m ah [!] --ahspi n[:n]}.
 *
 * <p>Kernel: esp_mt() in net/netfilter/xt_esp.c, ah_mt() in net/ipv4/netfilter/ipt_ah.c. iptables:
 * extensions/libxt_esp.c, libipt_ah.c.
 */
record SpiMatch(boolean esp, SpiRange spi) implements Match {

  static final MatchExtension EXTENSION_ESP = new SpiExtension(true);
  static final MatchExtension EXTENSION_AH = new SpiExtension(false);

  private static final class SpiExtension extends Extension {
    private final boolean esp;

    SpiExtension(boolean esp) {
      super(esp ? "esp" : "ah", esp ? EnumSet.allOf(Family.class) : EnumSet.of(Family.IPV4),
          OptionSpec.invertible(esp ? "--espspi" : "--ahspi"));
      this.esp = esp;
    }

    @Override
    public Set<Integer> protocols() {
      return Set.of(esp ? Protocols.ESP : Protocols.AH);
    }

    @Override
    public Match parse(Options options) {
      return new SpiMatch(esp, SpiRange.parse(options, esp ? "--espspi" : "--ahspi", SpiRange.ANY));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      return in.skip(name()) ? Optional.of(new SpiMatch(esp, SpiRange.readListing(in, "spi", SpiRange.ANY)))
          : Optional.empty();
    }
  }

  @Override
  public String name() {
    return esp ? "esp" : "ah";
  }

  @Override
  public int headerBytes() {
    return esp ? 8 : 12;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return TransportHeader.present(skb, par, headerBytes())
        && spi.holds(skb.u32(skb.transportOffset() + (esp ? 0 : 4)));
  }

  @Override
  public void print(RuleWriter out) {
    spi.print(out, esp ? "--espspi" : "--ahspi");
  }

  @Override
  public void list(ListingWriter out) {
    String spis = spi.listed("spi");
    out.word(name() + (spis.isEmpty() && esp ? "" : " " + spis)); // libipt_ah.c ends with a space
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }

  @Override
  public List<HeaderHint> exampleHeaders() {
    int number = spi.example();
    int[] body = new int[esp ? 8 : 12];
    for (int i = 0; i < 4; i++) {
      body[(esp ? 0 : 4) + i] = number >>> 8 * (3 - i) & 0xff;
    }
    return List.of(new HeaderHint(esp ? Protocols.ESP : Protocols.AH, body));
  }
}
