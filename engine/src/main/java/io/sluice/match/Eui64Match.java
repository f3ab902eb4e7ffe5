package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.ActionParam.Backend;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m eui64}: the lower half of the IPv6 source is made of the Ethernet source. Packets that came without an Ethernet
 * header do not match.
 *
 * <p>Kernel: eui64_mt6() in net/ipv6/netfilter/ip6t_eui64.c. iptables: extensions/libip6t_eui64.c, whose listing has no
 * space before it.
 *
 * @param listed whether a listing names it: it has nothing to print, and only iptables-legacy then prints the name
 */
record Eui64Match(boolean listed) implements Match {

  private static final int ETHERTYPE_IPV6 = 0x86dd;

  static final MatchExtension EXTENSION = new Extension(Family.IPV6, "eui64") {
    @Override
    public Match parse(Options options) {
      return new Eui64Match(options.backend() == Backend.LEGACY);
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      return in.skip("eui64") ? Optional.of(new Eui64Match(true)) : Optional.empty();
    }
  };

  @Override
  public String name() {
    return "eui64";
  }

  @Override
  public Set<Hook> hooks() {
    return EnumSet.of(Hook.PREROUTING, Hook.INPUT, Hook.FORWARD);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    byte[] header = skb.linkHeader();
    if (header.length < 14 || ((header[12] & 0xff) << 8 | header[13] & 0xff) != ETHERTYPE_IPV6) {
      return false;
    }
    long id = 0;
    for (int i = 6; i < 12; i++) {
      id = id << 8 | header[i] & 0xff;
      if (i == 8) {
        id = id << 16 | 0xfffe;
      }
    }
    return skb.srcLo() == (id ^ 0x0200_0000_0000_0000L);
  }

  @Override
  public void print(RuleWriter out) {}

  @Override
  public void list(ListingWriter out) {
    if (listed) {
      out.trailing("eui64");
    }
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
