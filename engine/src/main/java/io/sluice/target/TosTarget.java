package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j TOS --set-tos value[/mask] | --and-tos bits | --or-tos bits | --xor-tos bits}: the TOS byte (IPv6: traffic
 * class) becomes {@code tos & ~mask ^ value}. A name of one of the five old values has the mask 0x3f.
 *
 * <p>Kernel: tos_tg() and tos_tg6() in net/netfilter/xt_DSCP.c. iptables: extensions/libxt_TOS.c, tos_values.c.
 */
record TosTarget(int value, int mask) implements ExtensionTarget {
  private static final Map<String, Integer> NAMES = Map.of("minimize-delay", 0x10, "maximize-throughput", 8,
      "maximize-reliability", 4, "minimize-cost", 2, "normal-service", 0);

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE.tables("mangle"), "TOS",
      OptionSpec.value("--set-tos"), OptionSpec.value("--and-tos"), OptionSpec.value("--or-tos"),
      OptionSpec.value("--xor-tos")) {
    @Override
    public ExtensionTarget parse(Options options) {
      Options.Use use = exactlyOne(options, "--set-tos", "--and-tos", "--or-tos", "--xor-tos");
      Argument argument = argument(use);
      switch (use.spec().name()) {
        case "--set-tos":
          return set(argument);
        case "--and-tos":
          return new TosTarget(0, ~argument.u8() & 0xff);
        case "--or-tos":
          return new TosTarget(argument.u8(), argument.u8());
        default:
          return new TosTarget(argument.u8(), 0);
      }
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (in.skip("TOS", "set")) {
        return Optional.of(set(in.next()));
      }
      // Without -n: the blank is missing before a name, and three kinds of change have words of their own.
      int mark = in.mark();
      Argument name = in.skip("TOS") ? in.skipPrefix("set") : null;
      if (name != null) {
        return Optional.of(set(name));
      }
      in.reset(mark);
      if (in.skip("TOS", "and")) {
        return Optional.of(new TosTarget(0, ~in.next().u8() & 0xff));
      }
      if (in.skip("TOS", "or")) {
        int bits = in.next().u8();
        return Optional.of(new TosTarget(bits, bits));
      }
      return in.skip("TOS", "xor") ? Optional.of(new TosTarget(in.next().u8(), 0)) : Optional.empty();
    }
  };

  private static TosTarget set(Argument argument) {
    Integer named = NAMES.get(argument.text().toLowerCase(Locale.ROOT));
    if (named != null) {
      return new TosTarget(named, 0x3f);
    }
    List<Argument> parts = argument.split('/');
    if (parts.size() > 2 || !parts.get(0).text().matches("\\s*\\+?[0-9].*")) {
      throw argument.error("bad TOS value: " + argument.text(), "expected value[/mask], or one of Minimize-Delay "
          + "Maximize-Throughput Maximize-Reliability Minimize-Cost Normal-Service");
    }
    return new TosTarget(parts.get(0).u8(), parts.size() == 2 ? parts.get(1).u8() : 0xff);
  }

  @Override
  public String name() {
    return "TOS";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    int before = skb.tos();
    int after = before & ~mask ^ value;
    if (after != before) {
      skb.setTos(after);
    }
    return Verdict.CONTINUE;
  }

  @Override
  public Optional<Rewrite> rewrite() {
    return Optional.of(new Rewrite.Octet(Field.TOS, value, mask, 0));
  }

  private String text() {
    return String.format(Locale.ROOT, "0x%02x/0x%02x", value, mask);
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--set-tos", text());
  }

  @Override
  public void list(ListingWriter out) {
    out.word("TOS set " + text());
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.TOS);
  }
}
