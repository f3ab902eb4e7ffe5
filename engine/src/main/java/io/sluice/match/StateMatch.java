package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -m state [!] --state s,…}: an older name of {@code -m conntrack --ctstate}, without SNAT and DNAT.
 *
 * <p>Kernel: conntrack_mt() in net/netfilter/xt_conntrack.c, through which iptables 1.8.9 sends it (a flag keeps the name
 * for printing). iptables: extensions/libxt_conntrack.c.
 */
record StateMatch(CtStateMask states, boolean inverted) implements Match {

  static final MatchExtension EXTENSION = new Extension("state", OptionSpec.invertible("--state")) {
    @Override
    public Match parse(Options options) {
      return new StateMatch(CtStateMask.parse(options.require("--state"), 5), options.inverted("--state"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      int mark = in.mark();
      boolean inverted = in.skip("!");
      if (!in.skip("state")) {
        in.reset(mark);
        return Optional.empty();
      }
      return Optional.of(new StateMatch(CtStateMask.parse(in.next(), 5), inverted));
    }
  };

  @Override
  public String name() {
    return "state";
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return states.holds(CtState.of(skb.ct())) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--state", states);
  }

  @Override
  public void list(ListingWriter out) {
    out.word((inverted ? "! " : "") + "state " + states);
  }

  @Override
  public Constraint constraint() {
    return states.constraint(inverted);
  }
}
