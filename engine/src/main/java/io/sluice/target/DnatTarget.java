package io.sluice.target;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.NatRange;
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
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j DNAT --to-destination [address[-address]][:port[-port[/base]]]}: the destination of a
 * connection's first packet becomes one of these; which one is {@link io.sluice.conntrack.Nat#setup}'s to pick.
 *
 * <p>Kernel: xt_dnat_target_v2() in net/netfilter/xt_nat.c. iptables: extensions/libxt_NAT.c.
 */
record DnatTarget(NatRange range) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(
      Place.ANYWHERE.tables("nat").hooks(Hook.PREROUTING, Hook.OUTPUT), "DNAT", OptionSpec.value("--to-destination"),
      OptionSpec.flag("--random"), OptionSpec.flag("--persistent")) {
    @Override
    public ExtensionTarget parse(Options options) {
      return new DnatTarget(NatText.addresses(options, "--to-destination", true));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      Argument to = in.skipPrefix("to:");
      return to == null ? Optional.empty() : Optional.of(new DnatTarget(NatText.listed(in, to)));
    }
  };

  @Override
  public String name() {
    return "DNAT";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    Connection connection = skb.ct().connection();
    return connection == null
        ? Verdict.ACCEPT : par.net().conntrack().nat().setup(connection, range, NatRange.Manip.DESTINATION);
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--to-destination", NatText.text(range) + NatText.flagText(range, "--"));
  }

  @Override
  public void list(ListingWriter out) {
    out.word("to:" + NatText.text(range) + NatText.flagText(range, ""));
  }

  @Override
  public Optional<Rewrite> rewrite() {
    return Optional.of(new Rewrite.Nat(Rewrite.Kind.DNAT, range));
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.DESTINATION, Field.DESTINATION_PORT);
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }
}
