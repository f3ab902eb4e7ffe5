package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.host.FlowKey;
import io.sluice.host.NetDevice;
import io.sluice.host.Route;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Checksums;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Reassembly;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.List;
import java.util.Optional;

/**
 * {@code -j TEE --gateway address [--oif name]}: sends a copy of the packet to a neighbour, untracked and through OUTPUT
 * and POSTROUTING; the packet itself goes on. A copy is not copied again.
 *
 * <p>Kernel: tee_tg4() in net/netfilter/xt_TEE.c, nf_dup_ipv4() and nf_dup_ipv6() in nf_dup_ipv4.c and nf_dup_ipv6.c.
 * iptables: extensions/libxt_TEE.c.
 */
record TeeTarget(IpAddress gateway, String oif) implements ExtensionTarget {
  private static final int MAX_NAME = 15;
  private static final String BUSY = "TEE";

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "TEE",
      OptionSpec.value("--gateway"), OptionSpec.value("--oif")) {
    @Override
    public ExtensionTarget parse(Options options) {
      String oif = options.has("--oif") ? options.argument("--oif").text() : "";
      Argument gateway = options.require("--gateway");
      IpAddress address = gateway.hostAddress(options.family());
      if ((address.hi() | address.lo()) == 0) {
        throw gateway.error("Invalid argument: no address: " + gateway.text(), "expected a neighbour's address");
      }
      return new TeeTarget(address, oif.length() > MAX_NAME ? oif.substring(0, MAX_NAME) : oif);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      Argument gateway = in.skip("TEE") ? in.skipPrefix("gw:") : null;
      if (gateway == null) {
        return Optional.empty();
      }
      Argument oif = in.skipPrefix("oif=");
      return Optional.of(new TeeTarget(gateway.address(in.family()), oif == null ? "" : oif.text()));
    }
  };

  /** Whether a copy is on its way (nf_skb_duplicated). */
  private static final class Busy implements MatchState {
    boolean now;

    @Override
    public MatchState copy() {
      return new Busy();
    }
  }

  @Override
  public String name() {
    return "TEE";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    Busy busy = (Busy) par.net().shared(BUSY, Busy::new);
    // A copy is not copied on its way out; one that has come back through lo is a packet like any other.
    boolean looped = skb.in() != null && skb.in().isLoopback();
    boolean before = busy.now;
    if (before && !looped) {
      return Verdict.CONTINUE;
    }
    SkBuff copy = copy(skb, par.hook());
    // nf_dup_ipv4_route() and its twin ask for the way to the gateway without the mark.
    FlowKey key = new FlowKey().set(
        skb.family(), 0, 0, gateway.hi(), gateway.lo(), skb.family() == Family.IPV4 ? skb.tos() : 0, 0);
    NetDevice bound = oif.isEmpty() ? null : par.net().network().device(oif).orElse(null);
    Route route = par.net().network().routing().output(key, bound);
    if (!route.failed()) {
      copy.setRoute(route);
      copy.setArrival(skb.arrival());
      copy.setIn(route.out());
      if (!route.out().hasEthernetHeaders()) {
        copy.forgetLinkHeader();
      }
      busy.now = true;
      try {
        par.net().output().localOut(copy);
      } finally {
        busy.now = before;
      }
    }
    return Verdict.CONTINUE;
  }

  private static SkBuff copy(SkBuff skb, Hook hook) {
    SkBuff copy = skb.copy();
    // The copy shares the pieces with the original, so that it cannot come apart as they were: it is cut anew.
    copy.setReassembly(new Reassembly(skb.reassembly().maxSize(), skb.reassembly().keepDontFragment(), List.of()));
    copy.ct().setUntracked();
    if (copy.family() == Family.IPV4 && !copy.dontFragment()) {
      int before = copy.u16(6);
      copy.putU16(6, before | 0x4000);
      Checksums.replace16(copy, 10, before, before | 0x4000);
      copy.parse();
    }
    if (hook == Hook.PREROUTING || hook == Hook.INPUT) {
      copy.setTtl(copy.ttl() - 1 & 0xff);
    }
    return copy;
  }

  @Override
  public boolean readsMark() {
    return true; // the copy has it, too
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--gateway", gateway);
    if (!oif.isEmpty()) {
      out.option("--oif", oif);
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("TEE gw:" + gateway);
    if (!oif.isEmpty()) {
      out.word("oif=" + oif);
    }
  }
}
