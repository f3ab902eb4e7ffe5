package io.sluice.target;

import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * {@code -j NFLOG}: hands the packet to a program that listens to the group. Nothing happens to the packet;
 * {@link io.sluice.net.PacketLog} is told.
 *
 * <p>Kernel: nflog_tg() in net/netfilter/xt_NFLOG.c. iptables: extensions/libxt_NFLOG.c; legacy cuts a prefix to 63
 * characters, iptables-nft makes a {@code log} expression of the rule, which keeps 127 and has no {@code --nflog-range}.
 */
record NflogTarget(String prefix, int group, OptionalInt size, OptionalInt range, int threshold)
    implements ExtensionTarget {
  private static final int MAX_PREFIX_LEGACY = 63;
  private static final int MAX_PREFIX_NFT = 127;

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "NFLOG",
      OptionSpec.value("--nflog-group"), OptionSpec.value("--nflog-prefix"), OptionSpec.value("--nflog-range"),
      OptionSpec.value("--nflog-size"), OptionSpec.value("--nflog-threshold")) {
    @Override
    public ExtensionTarget parse(Options options) {
      boolean nft = options.backend() == ActionParam.Backend.NFT;
      one(options, "--nflog-range", "--nflog-size");
      String prefix = options.has("--nflog-prefix")
          ? LogTarget.prefix(options.argument("--nflog-prefix"), nft ? MAX_PREFIX_NFT : MAX_PREFIX_LEGACY) : "";
      OptionalInt range = number(options, "--nflog-range");
      return new NflogTarget(prefix, options.has("--nflog-group") ? options.argument("--nflog-group").u16() : 0,
          number(options, "--nflog-size"), nft || range.orElse(0) == 0 ? OptionalInt.empty() : range,
          options.has("--nflog-threshold") ? options.argument("--nflog-threshold").u16() : 0);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      String prefix = in.skip("nflog-prefix") ? in.next().text() : "";
      if (prefix.startsWith("\"")) {
        StringBuilder text = new StringBuilder(prefix);
        while (!text.toString().matches("\".*[^\\\\]\"") && !in.atEnd()) {
          text.append(in.nextSpaced());
        }
        prefix = text.substring(1, text.length() - 1).replaceAll("\\\\(.)", "$1");
      }
      int group = in.skip("nflog-group") ? in.next().u16() : 0;
      OptionalInt size = in.skip("nflog-size") ? OptionalInt.of(in.next().u32()) : OptionalInt.empty();
      OptionalInt range = in.skip("nflog-range") ? OptionalInt.of(in.next().u32()) : OptionalInt.empty();
      return Optional.of(new NflogTarget(prefix, group, size, range, in.skip("nflog-threshold") ? in.next().u16() : 0));
    }
  };

  private static OptionalInt number(Options options, String name) {
    return options.has(name) ? OptionalInt.of(options.argument(name).u32()) : OptionalInt.empty();
  }

  @Override
  public String name() {
    return "NFLOG";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    par.net().log().logged(skb, par, name(), prefix);
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    print(out, "--");
  }

  private void print(RuleWriter out, String dashes) {
    if (!prefix.isEmpty()) {
      out.word(dashes + "nflog-prefix").quoted(prefix);
    }
    if (group != 0) {
      out.option(dashes + "nflog-group", group);
    }
    size.ifPresent(n -> out.option(dashes + "nflog-size", Integer.toUnsignedString(n)));
    range.ifPresent(n -> out.option(dashes + "nflog-range", Integer.toUnsignedString(n)));
    if (threshold != 0) {
      out.option(dashes + "nflog-threshold", threshold);
    }
  }

  @Override
  public void list(ListingWriter out) {
    RuleWriter words = new RuleWriter();
    print(words, "");
    if (!words.toString().isEmpty()) {
      out.word(words.toString());
    }
  }
}
