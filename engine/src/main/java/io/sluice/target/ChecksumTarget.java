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

/**
 * {@code -j CHECKSUM --checksum-fill}: computes the transport checksum that the sender left to its network card. The
 * packets here are whole, so there is none to fill in: nothing happens.
 *
 * <p>Kernel: checksum_tg() in net/netfilter/xt_CHECKSUM.c. iptables: extensions/libxt_CHECKSUM.c.
 */
record ChecksumTarget() implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE.tables("mangle"), "CHECKSUM",
      OptionSpec.flag("--checksum-fill")) {
    @Override
    public ExtensionTarget parse(Options options) {
      if (!options.has("--checksum-fill")) {
        throw options.missing("--checksum-fill");
      }
      return new ChecksumTarget();
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      return in.skip("CHECKSUM", "fill") ? Optional.of(new ChecksumTarget()) : Optional.empty();
    }
  };

  @Override
  public String name() {
    return "CHECKSUM";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    out.word("--checksum-fill");
  }

  @Override
  public void list(ListingWriter out) {
    out.word("CHECKSUM fill");
  }
}
