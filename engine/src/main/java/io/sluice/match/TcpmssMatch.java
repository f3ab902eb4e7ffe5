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
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m tcpmss [!] --mss n[:n]}, with {@code -p tcp}. A packet without the option does not match, inverted it does.
 *
 * <p>Kernel: tcpmss_mt() in net/netfilter/xt_tcpmss.c: a header that is cut short drops the packet; fragments are not
 * minded. iptables: extensions/libxt_tcpmss.c.
 */
record TcpmssMatch(NumberRange range, boolean inverted) implements Match {

  private static final int HEADER = 20;

  static final MatchExtension EXTENSION = new Extension("tcpmss", OptionSpec.invertible("--mss")) {
    @Override
    public Set<Integer> protocols() {
      return Set.of(Protocols.TCP);
    }

    @Override
    public Match parse(Options options) {
      Argument argument = options.require("--mss");
      NumberRange range = NumberRange.parse(argument, 0xffff);
      if (range.last() < range.first()) {
        throw argument.error("range runs backwards: " + argument.text(), "expected first:last with first <= last");
      }
      return new TcpmssMatch(range, options.inverted("--mss"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("tcpmss", "match")) {
        return Optional.empty();
      }
      Argument word = in.next();
      return Optional.of(new TcpmssMatch(NumberRange.parse(afterBang(word), 0xffff), bang(word)));
    }
  };

  @Override
  public String name() {
    return "tcpmss";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    int start = skb.transportOffset();
    int length = skb.hasTransport(HEADER) ? (skb.u8(start + 12) >> 4) * 4 : 0;
    if (length < HEADER || !skb.hasTransport(length)) {
      par.setHotdrop();
      return false;
    }
    int end = start + length;
    for (int i = start + HEADER; i < end;) {
      int kind = skb.u8(i);
      if (kind == 2 && end - i >= 4 && skb.u8(i + 1) == 4) {
        return range.holds(skb.u16(i + 2)) != inverted;
      }
      int size = kind >= 2 && i + 1 < end ? skb.u8(i + 1) : 1;
      i += size == 0 ? 1 : size;
    }
    return inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--mss", range);
  }

  @Override
  public void list(ListingWriter out) {
    out.word("tcpmss match " + (inverted ? "!" : "") + range);
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
