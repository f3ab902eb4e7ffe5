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
 * {@code -j CHECKSUM --checksum-fill}: computes the transport checksum that was left to the network card. The packets
 * here are whole from the start; what changes is what an ICMP error quotes of a reset of the host's own, and what matches
 * on bytes see of it: {@link io.sluice.packet.IpSummed}.
 *
 * <p>Kernel: checksum_tg() in net/netfilter/xt_CHECKSUM.c, skb_checksum_help() in net/core/dev.c. iptables:
 * extensions/libxt_CHECKSUM.c.
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
    skb.ipSummed().fill();
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
