package io.sluice.target;

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
 * {@code -j CONNSECMARK --save|--restore}: copies the security label between packet and connection. Not modelled: nothing
 * here depends on it.
 *
 * <p>Kernel: connsecmark_tg() in net/netfilter/xt_CONNSECMARK.c. iptables: extensions/libxt_CONNSECMARK.c.
 *
 * @param save from packet to connection, otherwise back
 */
record ConnsecmarkTarget(boolean save) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE.tables("mangle", "security"), "CONNSECMARK",
      OptionSpec.flag("--save"), OptionSpec.flag("--restore")) {
    @Override
    public ExtensionTarget parse(Options options) {
      return new ConnsecmarkTarget(exactlyOne(options, "--save", "--restore").spec().name().equals("--save"));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (!in.skip("CONNSECMARK")) {
        return Optional.empty();
      }
      return Optional.of(new ConnsecmarkTarget(in.next().text().equals("save")));
    }
  };

  @Override
  public String name() {
    return "CONNSECMARK";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    out.word(save ? "--save" : "--restore");
  }

  @Override
  public void list(ListingWriter out) {
    out.word("CONNSECMARK " + (save ? "save" : "restore"));
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }
}
