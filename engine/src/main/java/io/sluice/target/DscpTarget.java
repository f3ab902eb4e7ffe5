package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j DSCP --set-dscp n | --set-dscp-class name}: the upper six bits of the TOS byte; ECN stays.
 *
 * <p>Kernel: dscp_tg() and dscp_tg6() in net/netfilter/xt_DSCP.c. iptables: extensions/libxt_DSCP.c, dscp_helper.c.
 */
record DscpTarget(int dscp) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE.tables("mangle"), "DSCP",
      OptionSpec.value("--set-dscp"), OptionSpec.value("--set-dscp-class")) {
    @Override
    public ExtensionTarget parse(Options options) {
      Options.Use use = exactlyOne(options, "--set-dscp", "--set-dscp-class");
      Argument argument = argument(use);
      return new DscpTarget(
          use.spec().name().equals("--set-dscp") ? (int) argument.number(0, 63) : classNamed(argument));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      return in.skip("DSCP", "set") ? Optional.of(new DscpTarget((int) in.next().number(0, 63))) : Optional.empty();
    }
  };

  /** dscp_helper.c does not look at what follows a name. */
  private static int classNamed(Argument argument) {
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
    return "DSCP";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    int after = skb.tos() & 3 | dscp << 2;
    if (after != skb.tos()) {
      skb.setTos(after);
    }
    return Verdict.CONTINUE;
  }

  @Override
  public Optional<Rewrite> rewrite() {
    return Optional.of(new Rewrite.Octet(Field.TOS, dscp << 2, 0xfc, 0));
  }

  private String text() {
    return String.format(Locale.ROOT, "0x%02x", dscp);
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--set-dscp", text());
  }

  @Override
  public void list(ListingWriter out) {
    out.word("DSCP set " + text());
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.TOS);
  }
}
