package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code -m ttl (--ttl-eq | --ttl-lt | --ttl-gt) n} and, for IPv6, {@code -m hl (--hl-eq | --hl-lt | --hl-gt) n}.
 *
 * <p>Kernel: ttl_mt() and hl_mt6() in net/netfilter/xt_hl.c. iptables: extensions/libipt_ttl.c, libip6t_hl.c.
 */
record TtlMatch(Family family, Comparison comparison, int value) implements Match {

  /** How the packet's TTL stands to the value. */
  enum Comparison {
    EQUAL("eq", "=="),
    NOT_EQUAL("eq", "!="),
    LESS("lt", "<"),
    GREATER("gt", ">");

    private final String suffix;
    private final String sign;

    Comparison(String suffix, String sign) {
      this.suffix = suffix;
      this.sign = sign;
    }
  }

  static final MatchExtension EXTENSION_V4 = new TtlExtension(Family.IPV4, "ttl");
  static final MatchExtension EXTENSION_V6 = new TtlExtension(Family.IPV6, "hl");

  private static final class TtlExtension extends Extension {
    private final Family family;
    private final String prefix;

    TtlExtension(Family family, String name) {
      super(family, name, OptionSpec.invertible("--" + name + "-eq").alias("--" + name),
          OptionSpec.value("--" + name + "-lt"), OptionSpec.value("--" + name + "-gt"));
      this.family = family;
      this.prefix = "--" + name + "-";
    }

    @Override
    public Match parse(Options options) {
      Options.Use use = one(options, prefix + "eq", prefix + "lt", prefix + "gt");
      if (use == null) {
        throw options.missing("one of " + prefix + "eq " + prefix + "lt " + prefix + "gt");
      }
      Comparison comparison = use.inverted() ? Comparison.NOT_EQUAL
          : use.spec().isCalled(prefix + "eq") ? Comparison.EQUAL
          : use.spec().isCalled(prefix + "lt") ? Comparison.LESS : Comparison.GREATER;
      return new TtlMatch(family, comparison, use.arguments().get(0).u8());
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      String word = name().toUpperCase(Locale.ROOT);
      for (Comparison comparison : Comparison.values()) {
        if (in.skip(word, "match", word, comparison.sign)) {
          return Optional.of(new TtlMatch(family, comparison, in.next().u8()));
        }
      }
      return Optional.empty();
    }
  }

  @Override
  public String name() {
    return family == Family.IPV4 ? "ttl" : "hl";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return holds(skb.ttl());
  }

  private boolean holds(int ttl) {
    switch (comparison) {
      case EQUAL:
        return ttl == value;
      case NOT_EQUAL:
        return ttl != value;
      case LESS:
        return ttl < value;
      default:
        return ttl > value;
    }
  }

  @Override
  public void print(RuleWriter out) {
    out.option(comparison == Comparison.NOT_EQUAL, "--" + name() + "-" + comparison.suffix, value);
  }

  @Override
  public void list(ListingWriter out) {
    String word = name().toUpperCase(Locale.ROOT);
    out.word(word + " match " + word + " " + comparison.sign + " " + value);
  }

  @Override
  public Constraint constraint() {
    return new Constraint.In(Field.TTL, Ranges.where(256, this::holds));
  }
}
