package io.sluice.target;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.Nat;
import io.sluice.conntrack.NatRange;
import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j NETMAP --to address[/mask]}: the network part of the address (destination in PREROUTING and OUTPUT, else
 * source) is replaced, the host part stays.
 *
 * <p>Kernel: netmap_tg4() and netmap_tg6() in net/netfilter/xt_NETMAP.c. iptables: extensions/libipt_NETMAP.c,
 * libip6t_NETMAP.c: a mask that is no prefix, or longer than 32, counts as a
 * full one.
 */
record NetmapTarget(AddressMask network, NatRange range) implements ExtensionTarget {

  NetmapTarget(AddressMask network) {
    this(network, range(network));
  }

  private static NatRange range(AddressMask net) {
    Family family = net.family();
    long all = family == Family.IPV4 ? 0xffff_ffffL : -1L;
    IpAddress first = net.address();
    IpAddress last = new IpAddress(
        family, family == Family.IPV4 ? 0 : net.hi() | ~net.maskHi(), net.lo() | ~net.maskLo() & all);
    return new NatRange(
        Optional.of(first), Optional.of(last), 0, 0, 0, false, false, false, false, false);
  }

  static final TargetExtension EXTENSION = new Extension(
      Place.ANYWHERE.tables("nat").hooks(Hook.PREROUTING, Hook.POSTROUTING, Hook.OUTPUT, Hook.INPUT), "NETMAP",
      OptionSpec.value("--to")) {
    @Override
    public ExtensionTarget parse(Options options) {
      return of(options.family(), options.require("--to"));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      Argument to = in.skipPrefix("to:");
      return to == null ? Optional.empty() : Optional.of(of(in.family(), to));
    }
  };

  private static boolean isTooLong(Argument mask) {
    return mask.text().matches("\\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)") && Long.compareUnsigned(mask.u64(), 32) > 0;
  }

  private static NetmapTarget of(Family family, Argument argument) {
    int slash = argument.text().indexOf('/');
    boolean tooLong = slash >= 0 && family == Family.IPV4 && isTooLong(argument.part(slash + 1, argument.text().length()));
    boolean dotted = family == Family.IPV4 && slash >= 0 && argument.text().indexOf('.', slash) >= 0;
    AddressMask network = tooLong ? null : dotted ? dotted(argument, slash) : argument.addressMask(family);
    if (slash >= 0 && (network == null || network.prefixLength() < 0)) {
      network = AddressMask.prefix(argument.part(0, slash).hostAddress(family), family.addressBits());
    }
    return new NetmapTarget(network);
  }

  /** A mask in dots may have fewer parts, too. */
  private static AddressMask dotted(Argument argument, int slash) {
    IpAddress address = argument.part(0, slash).hostAddress(Family.IPV4);
    IpAddress mask = argument.part(slash + 1, argument.text().length()).hostAddress(Family.IPV4);
    return new AddressMask(Family.IPV4, address.hi(), address.lo(), mask.hi(), mask.lo());
  }

  @Override
  public String name() {
    return "NETMAP";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    Connection connection = skb.ct().connection();
    if (connection == null) {
      return Verdict.ACCEPT;
    }
    NatRange.Manip manip = Nat.manip(par.hook());
    boolean source = manip == NatRange.Manip.SOURCE;
    return par.net().conntrack().nat().netmap(
        connection, range, source ? skb.srcHi() : skb.dstHi(), source ? skb.srcLo() : skb.dstLo(), manip);
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--to", network);
  }

  @Override
  public void list(ListingWriter out) {
    out.word("to:" + network);
  }

  @Override
  public Optional<Rewrite> rewrite() {
    return Optional.of(new Rewrite.Nat(Rewrite.Kind.NETMAP, range));
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.SOURCE, Field.DESTINATION);
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }
}
