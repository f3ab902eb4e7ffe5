package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -m length [!] --length n[:n]}: the packet's length in bytes, IP header included.
 *
 * <p>Kernel: length_mt() and length_mt6() in net/netfilter/xt_length.c. iptables: extensions/libxt_length.c.
 */
record LengthMatch(NumberRange range, boolean inverted) implements Match {

  static final MatchExtension EXTENSION = new Extension("length", OptionSpec.invertible("--length")) {
    @Override
    public Match parse(Options options) {
      return new LengthMatch(NumberRange.parse(options.require("--length"), 0xffff), options.inverted("--length"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("length")) {
        return Optional.empty();
      }
      Argument word = in.next();
      return Optional.of(new LengthMatch(NumberRange.parse(afterBang(word), 0xffff), bang(word)));
    }
  };

  @Override
  public String name() {
    return "length";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return range.holds(skb.length()) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--length", range);
  }

  @Override
  public void list(ListingWriter out) {
    out.word("length " + (inverted ? "!" : "") + range);
  }

  @Override
  public Constraint constraint() {
    Constraint in = range.constraint(Field.LENGTH);
    return inverted ? new Constraint.Not(in) : in;
  }
}
