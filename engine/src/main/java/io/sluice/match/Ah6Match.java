package io.sluice.match;

import io.sluice.extension.Argument;
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
import java.util.List;
import java.util.Optional;

/**
 * {@code ip6tables -m ah [!] --ahspi n[:n] [!] --ahlen n --ahres}: an authentication header anywhere before the transport
 * header.
 *
 * <p>Kernel: ah_mt6() in net/ipv6/netfilter/ip6t_ah.c. iptables: extensions/libip6t_ah.c.
 *
 * @param length the header's length in bytes; 0 for any
 * @param reserved whether the reserved field must be 0
 */
record Ah6Match(SpiRange spi, long length, boolean lengthInverted, boolean reserved) implements Match {

  static final MatchExtension EXTENSION = new Extension(Family.IPV6, "ah",
      OptionSpec.invertible("--ahspi"), OptionSpec.invertible("--ahlen"), OptionSpec.flag("--ahres")) {
    @Override
    public Match parse(Options options) {
      return new Ah6Match(SpiRange.parse(options, "--ahspi", SpiRange.ANY),
          options.has("--ahlen") ? options.argument("--ahlen").number(0, 0xffff_ffffL) : 0,
          options.inverted("--ahlen"), options.has("--ahres"));
    }

    /** The words run into each other: {@code spis:!5:7length:!24}. */
    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("ah")) {
        return Optional.empty();
      }
      SpiRange spi = SpiRange.ANY;
      Argument length = in.skipPrefix("length:");
      Argument word = in.peek();
      if (length == null && word.text().startsWith("spi")) {
        int end = word.text().indexOf("length:");
        Argument only = end < 0 ? word : word.part(0, end);
        spi = SpiRange.readListing(
            new ListingReader(in.family(), in.protocol(), List.of(only), s -> null), "spi", SpiRange.ANY);
        length = end < 0 ? null : word.part(end + 7, word.text().length());
        in.next();
      }
      return Optional.of(new Ah6Match(spi, length == null ? 0 : afterBang(length).number(0, 0xffff_ffffL),
          length != null && bang(length), in.skip("reserved")));
    }
  };

  @Override
  public String name() {
    return "ah";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    int at = ExtensionHeaders.find(skb, Protocols.AH, 12, par);
    if (at >= 0 && at + (skb.u8(at + 1) + 2) * 4 > skb.length()) {
      par.setHotdrop(); // the header says that it is longer than what is there
      return false;
    }
    return at >= 0 && spi.holds(skb.u32(at + 4))
        && (length == 0 || (length == (skb.u8(at + 1) + 2) * 4) != lengthInverted)
        && !(reserved && skb.u16(at + 2) != 0);
  }

  @Override
  public void print(RuleWriter out) {
    spi.print(out, "--ahspi");
    if (length != 0 || lengthInverted) {
      out.option(lengthInverted, "--ahlen", length);
    }
    if (reserved) {
      out.word("--ahres");
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("ah " + spi.listed("spi")
        + (length != 0 || lengthInverted ? "length:" + (lengthInverted ? "!" : "") + length : "")
        + (reserved ? " reserved" : ""));
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }

  @Override
  public List<HeaderHint> exampleHeaders() {
    int[] body = new int[ExtensionHeaders.bodySize(10, length == 0 ? -1 : length, lengthInverted)];
    int number = spi.example();
    for (int i = 0; i < 4; i++) {
      body[2 + i] = number >>> 8 * (3 - i) & 0xff;
    }
    return List.of(new HeaderHint(Protocols.AH, body));
  }
}
