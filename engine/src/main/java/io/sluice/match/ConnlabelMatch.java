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
 * {@code -m connlabel [!] --label n [--set]}: bit n, 0 to 127, of the connection's labels; {@code --set} sets it.
 *
 * <p>Kernel: connlabel_mt() in net/netfilter/xt_connlabel.c. iptables: extensions/libxt_connlabel.c. Names of labels
 * (connlabel.conf) are not known.
 */
record ConnlabelMatch(int bit, boolean inverted, boolean set) implements Match {

  static final MatchExtension EXTENSION =
      new Extension("connlabel", OptionSpec.invertible("--label"), OptionSpec.flag("--set")) {
    @Override
    public Match parse(Options options) {
      return new ConnlabelMatch((int) options.require("--label").number(0, 127), options.inverted("--label"),
          options.has("--set"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("connlabel")) {
        return Optional.empty();
      }
      boolean inverted = in.skip("!");
      int bit = (int) in.next().number(0, 127);
      return Optional.of(new ConnlabelMatch(bit, inverted, in.skip("set")));
    }
  };

  @Override
  public String name() {
    return "connlabel";
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (!skb.ct().isTracked()) { // a template of -j CT has no room for labels
      return inverted;
    }
    Connection ct = skb.ct().connection();
    if (ct.label(bit)) {
      return !inverted;
    }
    if (set) {
      ct.setLabel(bit);
      return !inverted;
    }
    return inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--label", "\"" + bit + "\"");
    if (set) {
      out.word("--set");
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("connlabel " + (inverted ? "! " : "") + bit + (set ? " set" : ""));
  }

  @Override
  public Constraint constraint() {
    return set ? Constraint.opaque() : Constraint.pureOpaque();
  }
}
