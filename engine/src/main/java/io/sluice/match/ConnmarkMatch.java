package io.sluice.match;

import io.sluice.conntrack.Connection;
import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.List;
import java.util.Optional;

/**
 * {@code -m connmark [!] --mark value[/mask]}: the connection's mark. A packet without a connection never matches.
 *
 * <p>Kernel: connmark_mt() in net/netfilter/xt_connmark.c. iptables: extensions/libxt_connmark.c, revision 1.
 */
record ConnmarkMatch(int value, int mask, boolean inverted) implements Match {

  static final MatchExtension EXTENSION = new Extension("connmark", OptionSpec.invertible("--mark")) {
    @Override
    public Match parse(Options options) {
      return of(options.require("--mark"), options.inverted("--mark"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("connmark", "match")) {
        return Optional.empty();
      }
      boolean inverted = in.skip("!");
      return Optional.of(of(in.next(), inverted));
    }
  };

  private static ConnmarkMatch of(Argument argument, boolean inverted) {
    List<Argument> parts = argument.split('/');
    if (parts.size() > 2) {
      throw argument.error("bad mark: " + argument.text(), "expected value[/mask]");
    }
    return new ConnmarkMatch(parts.get(0).u32(), parts.size() == 2 ? parts.get(1).u32() : -1, inverted);
  }

  @Override
  public String name() {
    return "connmark";
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    Connection ct = skb.ct().connection();
    return ct != null && ((ct.mark() & mask) == value) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--mark", text());
  }

  @Override
  public void list(ListingWriter out) {
    out.word("connmark match " + (inverted ? "!" : "")).word(text()); // two spaces without "!"
  }

  private String text() {
    String v = "0x" + Integer.toHexString(value);
    return mask == -1 ? v : v + "/0x" + Integer.toHexString(mask);
  }

  @Override
  public Constraint constraint() {
    Constraint masked = new Constraint.Masked(Field.CONNMARK, value & 0xffff_ffffL, mask & 0xffff_ffffL);
    return new Constraint.All(List.of(
        new Constraint.In(Field.CTSTATE, Ranges.where(CtState.COUNT, CtState::hasConnection)),
        inverted ? new Constraint.Not(masked) : masked));
  }
}
