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
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -j SECMARK --selctx context}: the packet's security label, which only a security module reads. Not modelled:
 * nothing here depends on it. A kernel without SELinux or Smack refuses the rule.
 *
 * <p>Kernel: secmark_tg() in net/netfilter/xt_SECMARK.c. iptables: extensions/libxt_SECMARK.c.
 */
record SecmarkTarget(String context) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE.tables("mangle", "security"), "SECMARK", OptionSpec.value("--selctx")) {
    @Override
    public ExtensionTarget parse(Options options) {
      return of(options.require("--selctx"));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      return in.skip("SECMARK", "selctx") ? Optional.of(of(in.next())) : Optional.empty();
    }
  };

  @Override
  public String name() {
    return "SECMARK";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--selctx", context);
  }

  @Override
  public void list(ListingWriter out) {
    out.word("SECMARK selctx " + context);
  }

  private static SecmarkTarget of(Argument context) {
    if (context.text().isEmpty() || context.text().length() > MAX_CONTEXT) {
      throw context.error("bad security context", "expected 1 to " + MAX_CONTEXT + " characters");
    }
    return new SecmarkTarget(context.text());
  }

  private static final int MAX_CONTEXT = 255;
}
