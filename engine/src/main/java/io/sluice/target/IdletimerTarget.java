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
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j IDLETIMER --timeout seconds --label name [--alarm]}: restarts a timer that tells user space when no packet
 * came for so long. Nothing happens to the packet.
 *
 * <p>Kernel: idletimer_tg() in net/netfilter/xt_IDLETIMER.c. iptables: extensions/libxt_IDLETIMER.c; a label is cut to 27
 * characters and printed without quotes.
 */
record IdletimerTarget(int timeoutSeconds, String label, boolean alarm) implements ExtensionTarget {

  /** What the directory has already in which the kernel makes the timer's file. */
  private static final Set<String> TAKEN = Set.of(".", "..", "power", "subsystem", "uevent");

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "IDLETIMER",
      OptionSpec.value("--timeout"), OptionSpec.value("--label"), OptionSpec.flag("--alarm")) {
    @Override
    public ExtensionTarget parse(Options options) {
      Argument timeout = options.require("--timeout");
      long seconds = timeout.number(0, 0xffff_ffffL);
      if (seconds == 0 || seconds >= MAX_SECONDS) {
        throw timeout.error("Invalid argument: timeout " + seconds, "expected 1.." + (MAX_SECONDS - 1));
      }
      String label = options.require("--label").text();
      if (label.isEmpty() || label.contains("/") || TAKEN.contains(label)) {
        throw options.argument("--label").error("Invalid argument: label " + label, "expected a name for a new file in sysfs");
      }
      return new IdletimerTarget(
          (int) seconds, label.length() > MAX_LABEL ? label.substring(0, MAX_LABEL) : label, options.has("--alarm"));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      Argument timeout = in.skipPrefix("timeout:");
      Argument label = timeout == null ? null : in.skipPrefix("label:");
      return label == null ? Optional.empty()
          : Optional.of(new IdletimerTarget(timeout.u32(), label.text(), in.skip("alarm")));
    }
  };

  @Override
  public String name() {
    return "IDLETIMER";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--timeout", timeoutSeconds).option("--label", label);
    if (alarm) {
      out.word("--alarm");
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("timeout:" + timeoutSeconds + " label:" + label + (alarm ? " alarm" : ""));
  }

  private static final int MAX_LABEL = 27;
  /** INT_MAX milliseconds. */
  private static final long MAX_SECONDS = Integer.MAX_VALUE / 1000;
}
