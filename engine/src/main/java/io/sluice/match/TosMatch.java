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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * {@code -m tos [!] --tos value[/mask]}, or a name of the five old TOS values with mask 0x3f.
 *
 * <p>Kernel: tos_mt() in net/netfilter/xt_dscp.c. iptables: extensions/libxt_tos.c, revision 1, and tos_values.c. Of a
 * value outside its mask nothing is equal, as in the kernel.
 */
record TosMatch(int value, int mask, boolean inverted) implements Match {

  private static final Map<String, Integer> NAMES = Map.of("minimize-delay", 0x10, "maximize-throughput", 8,
      "maximize-reliability", 4, "minimize-cost", 2, "normal-service", 0);

  static final MatchExtension EXTENSION = new Extension("tos", OptionSpec.invertible("--tos")) {
    @Override
    public Match parse(Options options) {
      return of(options.require("--tos"), options.inverted("--tos"));
    }

    /** {@code tos match0x10/0xff}: without a space, as libxt_tos.c writes it. */
    @Override
    public Optional<Match> readListing(ListingReader in) {
      int mark = in.mark();
      if (in.skip("tos")) {
        Argument word = in.skipPrefix("match");
        if (word != null) {
          word = word.text().isEmpty() ? in.next() : word;
          return Optional.of(of(afterBang(word), bang(word)));
        }
        in.reset(mark);
      }
      return Optional.empty();
    }
  };

  private static TosMatch of(Argument argument, boolean inverted) {
    Integer named = NAMES.get(argument.text().toLowerCase(Locale.ROOT));
    if (named != null) {
      return new TosMatch(named, 0x3f, inverted);
    }
    List<Argument> parts = argument.split('/');
    if (parts.size() > 2 || !parts.get(0).text().matches("\\s*\\+?[0-9].*")) {
      throw argument.error("bad TOS value: " + argument.text(), "expected value[/mask], or one of Minimize-Delay "
          + "Maximize-Throughput Maximize-Reliability Minimize-Cost Normal-Service");
    }
    return new TosMatch(parts.get(0).u8(), parts.size() == 2 ? parts.get(1).u8() : 0xff, inverted);
  }

  @Override
  public String name() {
    return "tos";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return ((skb.tos() & mask) == value) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--tos", text());
  }

  @Override
  public void list(ListingWriter out) {
    out.word("tos match" + (inverted ? "!" : "") + text());
  }

  private String text() {
    return String.format("0x%02x/0x%02x", value, mask);
  }

  @Override
  public Constraint constraint() {
    Constraint masked = new Constraint.Masked(Field.TOS, value, mask);
    return inverted ? new Constraint.Not(masked) : masked;
  }
}
