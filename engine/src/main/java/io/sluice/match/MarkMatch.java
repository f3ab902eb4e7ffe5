package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.ruleset.ListingWriter;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.ruleset.RuleWriter;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Match;
import java.util.List;
import java.util.Optional;

/**
 * {@code -m mark [!] --mark value[/mask]}.
 *
 * <p>Kernel: mark_mt() in net/netfilter/xt_mark.c. iptables: extensions/libxt_mark.c.
 */
record MarkMatch(int value, int mask, boolean inverted) implements Match {

  static final MatchExtension EXTENSION = new MatchExtension() {
    @Override
    public String name() {
      return "mark";
    }

    @Override
    public List<OptionSpec> options() {
      return List.of(OptionSpec.invertible("--mark"));
    }

    @Override
    public Match parse(Options options) {
      return of(options.require("--mark"), options.inverted("--mark"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("mark", "match")) {
        return Optional.empty();
      }
      boolean inverted = in.skip("!");
      return Optional.of(of(in.next(), inverted));
    }
  };

  private static MarkMatch of(Argument argument, boolean inverted) {
    List<Argument> parts = argument.split('/');
    if (parts.size() > 2) {
      throw argument.error("bad mark: " + argument.text(), "expected value[/mask]");
    }
    return new MarkMatch(parts.get(0).u32(), parts.size() == 2 ? parts.get(1).u32() : -1, inverted);
  }

  @Override
  public String name() {
    return "mark";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    // As in the kernel, only the packet's mark is masked: with a value bit outside the mask nothing matches
    // (with "!", everything). Keep it so; the analysis reports it.
    return ((skb.mark() & mask) == value) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--mark", text());
  }

  @Override
  public void list(ListingWriter out) {
    out.word("mark match").word((inverted ? "! " : "") + text());
  }

  private String text() {
    String v = "0x" + Integer.toHexString(value);
    return mask == -1 ? v : v + "/0x" + Integer.toHexString(mask);
  }

  @Override
  public Constraint constraint() {
    Constraint masked = new Constraint.Masked(Field.MARK, value & 0xffff_ffffL, mask & 0xffff_ffffL);
    return inverted ? new Constraint.Not(masked) : masked;
  }
}
