package io.sluice.target;

import io.sluice.extension.ListingReader;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j NOTRACK}: the packet belongs to no connection and its ctstate is UNTRACKED; what {@code -j CT --notrack} does
 * too, printed otherwise.
 *
 * <p>Kernel: notrack_tg() in net/netfilter/xt_CT.c. iptables: extensions/libxt_CT.c.
 */
record NotrackTarget() implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE.tables("raw"), "NOTRACK") {
    @Override
    public ExtensionTarget parse(Options options) {
      return new NotrackTarget();
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      return in.skip("NOTRACK") ? Optional.of(new NotrackTarget()) : Optional.empty();
    }
  };

  @Override
  public String name() {
    return "NOTRACK";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (!skb.ct().isSeen()) {
      skb.ct().setUntracked();
    }
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    // It has no options.
  }

  @Override
  public void list(ListingWriter out) {
    out.word("NOTRACK");
  }

  @Override
  public String listName() {
    return "CT";
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.CTSTATE);
  }
}
