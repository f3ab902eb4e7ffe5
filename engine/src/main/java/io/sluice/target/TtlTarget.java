package io.sluice.target;

import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j TTL (--ttl-set | --ttl-inc | --ttl-dec) n} and, for IPv6, {@code -j HL (--hl-set | --hl-inc | --hl-dec) n}.
 * Counting stops at 0 and 255; nobody drops the packet for a TTL of 0 here.
 *
 * <p>Kernel: ttl_tg() and hl_tg6() in net/netfilter/xt_HL.c. iptables: extensions/libipt_TTL.c, libip6t_HL.c.
 */
record TtlTarget(Family family, Operation operation, int value) implements ExtensionTarget {

  /** What is done with the TTL. */
  enum Operation {
    SET("set", "set to"),
    INCREMENT("inc", "increment by"),
    DECREMENT("dec", "decrement by");

    private final String suffix;
    private final String words;

    Operation(String suffix, String words) {
      this.suffix = suffix;
      this.words = words;
    }
  }

  static final TargetExtension EXTENSION_V4 = new TtlExtension(Family.IPV4, "TTL", "--ttl-");
  static final TargetExtension EXTENSION_V6 = new TtlExtension(Family.IPV6, "HL", "--hl-");

  private static final class TtlExtension extends Extension {
    private final Family family;
    private final String prefix;

    TtlExtension(Family family, String name, String prefix) {
      super(Place.ANYWHERE.family(family).tables("mangle"), name, OptionSpec.value(prefix + "set"),
          OptionSpec.value(prefix + "inc"), OptionSpec.value(prefix + "dec"));
      this.family = family;
      this.prefix = prefix;
    }

    @Override
    public ExtensionTarget parse(Options options) {
      Options.Use use = exactlyOne(options, prefix + "set", prefix + "inc", prefix + "dec");
      for (Operation operation : Operation.values()) {
        if (use.spec().name().endsWith(operation.suffix)) {
          int least = operation == Operation.SET ? 0 : 1;
          return new TtlTarget(family, operation, (int) argument(use).number(least, 255));
        }
      }
      throw new IllegalStateException(use.spec().name());
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      for (Operation operation : Operation.values()) {
        String[] words = operation.words.split(" ");
        if (in.skip(name(), words[0], words[1])) {
          return Optional.of(new TtlTarget(family, operation, in.next().u8()));
        }
      }
      return Optional.empty();
    }
  }

  @Override
  public String name() {
    return family == Family.IPV4 ? "TTL" : "HL";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    int before = skb.ttl();
    int after = value;
    if (operation == Operation.INCREMENT) {
      after = Math.min(255, before + value);
    } else if (operation == Operation.DECREMENT) {
      after = Math.max(0, before - value);
    }
    if (after != before) {
      skb.setTtl(after);
    }
    return Verdict.CONTINUE;
  }

  @Override
  public Optional<Rewrite> rewrite() {
    return Optional.of(operation == Operation.SET ? new Rewrite.Octet(Field.TTL, value, 0xff, 0)
        : new Rewrite.Octet(Field.TTL, 0, 0, operation == Operation.INCREMENT ? value : -value));
  }

  @Override
  public void print(RuleWriter out) {
    out.option((family == Family.IPV4 ? "--ttl-" : "--hl-") + operation.suffix, value);
  }

  @Override
  public void list(ListingWriter out) {
    out.word(name() + " " + operation.words + " " + value);
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.TTL);
  }
}
