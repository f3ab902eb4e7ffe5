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
 * {@code -m frag [!] --fragid n[:n] [!] --fraglen n --fragres --fragfirst (--fragmore | --fraglast)}: the IPv6 fragment
 * header.
 *
 * <p>Kernel: frag_mt6() in net/ipv6/netfilter/ip6t_frag.c, which does not look at {@code --fraglen}. iptables:
 * extensions/libip6t_frag.c.
 *
 * @param length null without {@code --fraglen}
 */
record FragMatch(
    SpiRange id, Long length, boolean lengthInverted, boolean reserved, boolean first, boolean more, boolean last)
    implements Match {

  /** Where in its packet a fragment stands that is not the first. */
  private static final int LATER = 64;

  static final MatchExtension EXTENSION = new Extension(Family.IPV6, "frag",
      OptionSpec.invertible("--fragid"), OptionSpec.invertible("--fraglen"), OptionSpec.flag("--fragres"),
      OptionSpec.flag("--fragfirst"), OptionSpec.flag("--fragmore"), OptionSpec.flag("--fraglast")) {
    @Override
    public Match parse(Options options) {
      one(options, "--fragmore", "--fraglast");
      return new FragMatch(SpiRange.parse(options, "--fragid", SpiRange.ANY),
          options.has("--fraglen") ? options.argument("--fraglen").number(0, 0xffff_ffffL) : null,
          options.inverted("--fraglen"), options.has("--fragres"), options.has("--fragfirst"), options.has("--fragmore"),
          options.has("--fraglast"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("frag")) {
        return Optional.empty();
      }
      SpiRange id = SpiRange.readListing(in, "id", SpiRange.ANY);
      Argument length = in.skipPrefix("length:");
      return Optional.of(new FragMatch(id, length == null ? null : afterBang(length).number(0, 0xffff_ffffL),
          length != null && bang(length), in.skip("reserved"), in.skip("first"), in.skip("more"), in.skip("last")));
    }
  };

  @Override
  public String name() {
    return "frag";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    int at = ExtensionHeaders.find(skb, Protocols.IPV6_FRAGMENT, 8, par);
    if (at < 0) {
      return false;
    }
    int offset = skb.u16(at + 2);
    return id.holds(skb.u32(at + 4))
        && !(reserved && (skb.u8(at + 1) != 0 || (offset & 6) != 0))
        && !(first && (offset & 0xfff8) != 0)
        && !(more && (offset & 1) == 0)
        && !(last && (offset & 1) != 0);
  }

  @Override
  public void print(RuleWriter out) {
    id.print(out, "--fragid");
    if (length != null) {
      out.option(lengthInverted, "--fraglen", length);
    }
    flags(out, "--frag", "res");
  }

  private void flags(RuleWriter out, String prefix, String reservedWord) {
    if (reserved) {
      out.word(prefix + reservedWord);
    }
    if (first) {
      out.word(prefix + "first");
    }
    if (more) {
      out.word(prefix + "more");
    }
    if (last) {
      out.word(prefix + "last");
    }
  }

  @Override
  public void list(ListingWriter out) {
    RuleWriter words = new RuleWriter().word("frag " + id.listed("id"));
    if (length != null) {
      words.word("length:" + (lengthInverted ? "!" : "") + length);
    }
    flags(words, "", "reserved");
    out.word(words.toString());
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }

  @Override
  public List<HeaderHint> exampleHeaders() {
    return first ? List.of(example(0)) : List.of(example(0), example(LATER));
  }

  /** @param offset in bytes */
  private HeaderHint example(int offset) {
    int number = id.example();
    return new HeaderHint(Protocols.IPV6_FRAGMENT, offset >>> 8, offset & 0xff | (last ? 0 : 1), number >>> 24, number >>> 16 & 0xff,
        number >>> 8 & 0xff, number & 0xff);
  }
}
