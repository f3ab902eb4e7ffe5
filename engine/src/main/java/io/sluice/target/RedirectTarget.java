package io.sluice.target;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.NatRange;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
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
 * {@code -j REDIRECT [--to-ports port[-port]] [--random]}: DNAT to this host itself, to the first address of the
 * in-interface (without one the packet is dropped) or, in OUTPUT, to the loopback address.
 *
 * <p>Kernel: redirect_tg4() and redirect_tg6() in net/netfilter/xt_REDIRECT.c, nf_nat_redirect.c. iptables:
 * extensions/libxt_NAT.c.
 */
record RedirectTarget(NatRange range) implements ExtensionTarget {
  private static final IpAddress LOOPBACK4 = IpAddress.of("127.0.0.1");
  private static final IpAddress LOOPBACK6 = IpAddress.of("::1");

  static final TargetExtension EXTENSION = new Extension(
      Place.ANYWHERE.tables("nat").hooks(Hook.PREROUTING, Hook.OUTPUT), "REDIRECT", OptionSpec.value("--to-ports"),
      OptionSpec.flag("--random")) {
    @Override
    public ExtensionTarget parse(Options options) {
      return new RedirectTarget(NatText.ports(options, false));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      boolean ports = in.skip("redir", "ports");
      return Optional.of(new RedirectTarget(NatText.listedPorts(in, ports ? in.next() : null)));
    }
  };

  @Override
  public String name() {
    return "REDIRECT";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    Connection connection = skb.ct().connection();
    if (connection == null) {
      return Verdict.ACCEPT;
    }
    IpAddress destination;
    if (par.hook() == Hook.OUTPUT) {
      destination = par.family() == Family.IPV4 ? LOOPBACK4 : LOOPBACK6;
    } else {
      Optional<IpAddress> first =
          par.net().network().routing().primaryAddress(par.family(), par.in(), skb.dstHi(), skb.dstLo());
      if (first.isEmpty()) {
        return Verdict.DROP;
      }
      destination = first.get();
    }
    return par.net().conntrack().nat().redirect(connection, range, destination);
  }

  @Override
  public void print(RuleWriter out) {
    if (range.ports()) {
      out.option("--to-ports", NatText.portText(range));
    }
    if (range.random()) {
      out.word("--random");
    }
  }

  @Override
  public void list(ListingWriter out) {
    if (range.ports()) {
      out.word("redir ports " + NatText.portText(range));
    }
    if (range.random()) {
      out.word("random");
    }
  }

  @Override
  public Optional<Rewrite> rewrite() {
    return Optional.of(new Rewrite.Nat(Rewrite.Kind.REDIRECT, range));
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
