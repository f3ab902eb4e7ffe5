package io.sluice.match;

import io.sluice.conntrack.Connection;
import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
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
      return new ConnlabelMatch(bit(options.require("--label")), options.inverted("--label"), options.has("--set"));
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

  /** connlabel_value_parse(): strtoul() as an int, negative for what is no number, of which the kernel is told 16 bits. */
  private static int bit(Argument label) {
    CNumbers.Whole number = CNumbers.strtoul(label.text(), 0, 0);
    boolean read = !label.text().isEmpty() && number.end() == label.text().length() && (int) number.bits() >= 0;
    int bit = (int) number.bits() & 0xffff;
    if (!read || bit > 127) {
      throw label.error("no such label: " + label.text(), "expected 0..127");
    }
    return bit;
  }

  @Override
  public MatchMemory memory() {
    return new MatchMemory("connlabel", set, true);
  }

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
