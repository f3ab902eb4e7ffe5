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
import java.util.Locale;
import java.util.Optional;

/**
 * {@code -m dscp [!] (--dscp n | --dscp-class name)}: the upper six bits of the TOS byte.
 *
 * <p>Kernel: dscp_mt() and dscp_mt6() in net/netfilter/xt_dscp.c. iptables: extensions/libxt_dscp.c, dscp_helper.c;
 * classes by RFC 2474, 2597 and 3246.
 */
record DscpMatch(int dscp, boolean inverted) implements Match {

  static final MatchExtension EXTENSION = new Extension("dscp",
      OptionSpec.invertible("--dscp"), OptionSpec.invertible("--dscp-class")) {
    @Override
    public Match parse(Options options) {
      Options.Use use = one(options, "--dscp", "--dscp-class");
      if (use == null) {
        throw options.missing("--dscp or --dscp-class");
      }
      Argument argument = use.arguments().get(0);
      return new DscpMatch(use.spec().isCalled("--dscp") ? (int) argument.number(0, 63) : classNamed(argument),
          use.inverted());
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("DSCP", "match")) {
        return Optional.empty();
      }
      Argument word = in.next();
      return Optional.of(new DscpMatch((int) afterBang(word).number(0, 63), bang(word)));
    }
  };

  /** The code point of CS0..CS7, BE, AF11..AF43 or EF, in any case; dscp_helper.c does not look at what follows. */
  static int classNamed(Argument argument) {
    String name = argument.text().toUpperCase(Locale.ROOT);
    if (name.startsWith("BE")) {
      return 0;
    }
    if (name.startsWith("EF")) {
      return 0x2e;
    }
    if (name.matches("(?s)CS[0-7].*")) {
      return (name.charAt(2) - '0') * 8;
    }
    if (name.matches("(?s)AF[1-4][1-3].*")) {
      return (name.charAt(2) - '0') * 8 + (name.charAt(3) - '0') * 2;
    }
    throw argument.error("unknown DSCP class: " + argument.text(), "expected CS0..CS7, BE, AF11..AF43 or EF");
  }

  @Override
  public String name() {
    return "dscp";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return (skb.tos() >> 2 == dscp) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--dscp", text());
  }

  @Override
  public void list(ListingWriter out) {
    out.word("DSCP match " + (inverted ? "!" : "") + text());
  }

  private String text() {
    return String.format("0x%02x", dscp);
  }

  @Override
  public Constraint constraint() {
    Constraint masked = new Constraint.Masked(Field.TOS, dscp << 2, 0xfc);
    return inverted ? new Constraint.Not(masked) : masked;
  }
}
