package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.host.FlowKey;
import io.sluice.host.IpAddresses;
import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m rpfilter [--loose] [--validmark] [--accept-local] [--invert]}, in PREROUTING of raw and mangle: whether an
 * answer would leave by the interface that the packet came in by.
 *
 * <p>Kernel: rpfilter_mt() in net/ipv4/netfilter/ipt_rpfilter.c and net/ipv6/netfilter/ip6t_rpfilter.c. iptables:
 * extensions/libxt_rpfilter.c.
 */
record RpfilterMatch(boolean loose, boolean validMark, boolean acceptLocal, boolean inverted) implements Match {

  static final MatchExtension EXTENSION = new Extension("rpfilter", OptionSpec.flag("--loose"),
      OptionSpec.flag("--validmark"), OptionSpec.flag("--accept-local"), OptionSpec.flag("--invert")) {
    @Override
    public Set<String> tables() {
      return Set.of("raw", "mangle");
    }

    @Override
    public Match parse(Options options) {
      return new RpfilterMatch(options.has("--loose"), options.has("--validmark"), options.has("--accept-local"),
          options.has("--invert"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      return in.skip("rpfilter")
          ? Optional.of(
              new RpfilterMatch(in.skip("loose"), in.skip("validmark"), in.skip("accept-local"), in.skip("invert")))
          : Optional.empty();
    }
  };

  @Override
  public String name() {
    return "rpfilter";
  }

  @Override
  public Set<Hook> hooks() {
    return EnumSet.of(Hook.PREROUTING);
  }

  @Override
  public MatchState newState() {
    return new FlowKeyState();
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return holds(skb, par) != inverted;
  }

  private boolean holds(SkBuff skb, ActionParam par) {
    NetDevice in = par.in();
    if (in.isLoopback() || skb.packetType() == SkBuff.PacketType.LOOPBACK) {
      return true;
    }
    boolean v4 = skb.family() == Family.IPV4;
    if (v4 ? IpAddresses.isZeroNet4(skb.srcLo())
            && (IpAddresses.isLimitedBroadcast(Family.IPV4, skb.dstLo()) || IpAddresses.isLocalMulticast4(skb.dstLo()))
        : IpAddresses.isUnspecified(skb.srcHi(), skb.srcLo())) {
      return true;
    }
    FlowKey key = ((FlowKeyState) par.state()).key();
    boolean answerable = !IpAddresses.isMulticast(skb.family(), skb.dstHi(), skb.dstLo())
        && !(v4 && (IpAddresses.isLimitedBroadcast(Family.IPV4, skb.dstLo()) || IpAddresses.isZeroNet4(skb.dstLo())));
    key.set(skb.family(), answerable ? skb.dstHi() : 0, answerable ? skb.dstLo() : 0, skb.srcHi(), skb.srcLo(),
        v4 ? skb.tos() : 0, validMark ? skb.mark() : 0);
    return par.net().network().routing().isReverse(key.anySource(), in, loose, acceptLocal);
  }

  @Override
  public boolean readsMark() {
    return validMark;
  }

  @Override
  public void print(RuleWriter out) {
    print(out, "--");
  }

  private void print(RuleWriter out, String dashes) {
    if (loose) {
      out.word(dashes + "loose");
    }
    if (validMark) {
      out.word(dashes + "validmark");
    }
    if (acceptLocal) {
      out.word(dashes + "accept-local");
    }
    if (inverted) {
      out.word(dashes + "invert");
    }
  }

  @Override
  public void list(ListingWriter out) {
    RuleWriter words = new RuleWriter().word("rpfilter");
    print(words, "");
    out.word(words.toString());
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
