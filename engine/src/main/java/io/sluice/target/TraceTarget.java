package io.sluice.target;

import io.sluice.extension.ListingReader;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -j TRACE}: from here on every rule that the packet matches is reported. Legacy takes it in table raw only,
 * iptables-nft everywhere.
 *
 * <p>Kernel: trace_tg() in net/netfilter/xt_TRACE.c. iptables: extensions/libxt_TRACE.c.
 */
record TraceTarget() implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "TRACE") {
    @Override
    public ExtensionTarget parse(Options options) {
      if (options.backend() == ActionParam.Backend.LEGACY && !options.table().equals("raw")) {
        throw options.error("target 'TRACE' is not for table " + options.table(), "it is for: raw");
      }
      return new TraceTarget();
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      return Optional.of(new TraceTarget());
    }
  };

  @Override
  public String name() {
    return "TRACE";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    skb.setTraced(true);
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    // It has no options.
  }

  @Override
  public void list(ListingWriter out) {
    // It has no options.
  }
}
