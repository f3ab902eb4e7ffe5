package io.sluice.match;

import io.sluice.conntrack.Connection;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -m helper [!] --helper name}: connections that a helper expected, such as FTP's data connections.
 *
 * <p>Kernel: helper_mt() in net/netfilter/xt_helper.c: the helper's name is compared as far as it is long, so
 * {@code ftp-2121} holds too; an empty name holds every helper. iptables: extensions/libxt_helper.c.
 */
record HelperMatch(String helper, boolean inverted) implements Match {

  private static final int MAX_NAME = 29;

  static final MatchExtension EXTENSION = new Extension("helper", OptionSpec.invertible("--helper")) {
    @Override
    public Match parse(Options options) {
      return of(options.require("--helper").text(), options.inverted("--helper"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("helper", "match")) {
        return Optional.empty();
      }
      boolean inverted = in.skip("!");
      StringBuilder name = new StringBuilder(in.next().text());
      while (!in.atEnd() && (name.length() < 2 || name.charAt(name.length() - 1) != '"')) {
        name.append(' ').append(in.next().text());
      }
      return Optional.of(of(name.toString().replace("\"", ""), inverted));
    }
  };

  private static HelperMatch of(String name, boolean inverted) {
    return new HelperMatch(name.length() > MAX_NAME ? name.substring(0, MAX_NAME) : name, inverted);
  }

  @Override
  public String name() {
    return "helper";
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    Connection ct = skb.ct().connection();
    String name = ct == null ? null : ct.masterHelper();
    return (name != null && (helper.isEmpty() || helper.startsWith(name))) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--helper").quoted(helper);
  }

  @Override
  public void list(ListingWriter out) {
    out.word("helper match " + (inverted ? "! " : "") + "\"" + helper + "\"");
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
