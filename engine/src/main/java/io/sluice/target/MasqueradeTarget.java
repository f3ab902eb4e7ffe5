package io.sluice.target;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.NatRange;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.host.Scope;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j MASQUERADE [--to-ports port[-port]] [--random] [--random-fully]}: SNAT to the address that this host uses
 * towards the next hop over the out-interface; without one the packet is dropped.
 *
 * <p>Kernel: masquerade_tg() in net/netfilter/xt_MASQUERADE.c, nf_nat_masquerade_ipv4() and nf_nat_masquerade_ipv6() in
 * net/netfilter/nf_nat_masquerade.c. iptables: extensions/libxt_NAT.c.
 */
record MasqueradeTarget(NatRange range) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(
      Place.ANYWHERE.tables("nat").hooks(Hook.POSTROUTING), "MASQUERADE", OptionSpec.value("--to-ports"),
      OptionSpec.flag("--random"), OptionSpec.flag("--random-fully")) {
    @Override
    public ExtensionTarget parse(Options options) {
      return new MasqueradeTarget(NatText.ports(options, true));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      boolean ports = in.skip("masq", "ports:");
      return Optional.of(new MasqueradeTarget(NatText.listedPorts(in, ports ? in.next() : null)));
    }
  };

  @Override
  public String name() {
    return "MASQUERADE";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    Connection connection = skb.ct().connection();
    if (connection == null) {
      return Verdict.ACCEPT;
    }
    long hi = skb.dstHi();
    long lo = skb.dstLo();
    if (par.family() == Family.IPV4 && skb.route() != null) {
      Optional<IpAddress> gateway = skb.route().gateway();
      if (gateway.isPresent() && gateway.get().family() == Family.IPV4) {
        lo = gateway.get().lo();
      }
    }
    Optional<IpAddress> source =
        par.net().network().routing().selectSource(par.family(), par.out(), hi, lo, Scope.GLOBAL);
    if (source.isEmpty()) {
      return Verdict.DROP;
    }
    return par.net().conntrack().nat().masquerade(connection, range, source.get(), par.out().index());
  }

  @Override
  public void print(RuleWriter out) {
    if (range.ports()) {
      out.option("--to-ports", NatText.portText(range));
    }
    String flags = NatText.flagText(range, "--");
    if (!flags.isEmpty()) {
      out.word(flags.substring(1));
    }
  }

  @Override
  public void list(ListingWriter out) {
    if (range.ports()) {
      out.word("masq ports: " + NatText.portText(range));
    }
    String flags = NatText.flagText(range, "");
    if (!flags.isEmpty()) {
      out.word(flags.substring(1));
    }
  }

  @Override
  public Optional<Rewrite> rewrite() {
    return Optional.of(new Rewrite.Nat(Rewrite.Kind.MASQUERADE, range));
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.SOURCE, Field.SOURCE_PORT);
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }
}
