package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code -j CLASSIFY --set-class major:minor}: the class that queueing disciplines put the packet in (skb->priority).
 *
 * <p>Kernel: classify_tg() in net/netfilter/xt_CLASSIFY.c. iptables: extensions/libxt_CLASSIFY.c.
 */
record ClassifyTarget(int priority) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(
      Place.ANYWHERE.hooks(Hook.OUTPUT, Hook.FORWARD, Hook.POSTROUTING), "CLASSIFY", OptionSpec.value("--set-class")) {
    @Override
    public ExtensionTarget parse(Options options) {
      return of(options.require("--set-class"));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      return in.skip("CLASSIFY", "set") ? Optional.of(of(in.next())) : Optional.empty();
    }
  };

  private static ClassifyTarget of(Argument argument) {
    List<Argument> parts = argument.split(':');
    if (parts.size() != 2) {
      throw argument.error("Bad class value: " + argument.text(), "expected MAJOR:MINOR in hexadecimal");
    }
    return new ClassifyTarget(part(parts.get(0)) << 16 | part(parts.get(1)));
  }

  /** What sscanf's %x takes, the lowest 16 bits of it. */
  private static int part(Argument part) {
    String digits = part.text().toLowerCase(Locale.ROOT).replaceFirst("^0x", "");
    if (!digits.matches("[0-9a-f]{1,8}")) {
      throw part.error("not a hexadecimal number: " + part.text(), "expected MAJOR:MINOR in hexadecimal");
    }
    return Integer.parseUnsignedInt(digits, 16) & 0xffff;
  }

  @Override
  public String name() {
    return "CLASSIFY";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    skb.setPriority(priority);
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--set-class", String.format(Locale.ROOT, "%04x:%04x", priority >>> 16, priority & 0xffff));
  }

  @Override
  public void list(ListingWriter out) {
    out.word("CLASSIFY set " + String.format(Locale.ROOT, "%x:%x", priority >>> 16, priority & 0xffff));
  }
}
