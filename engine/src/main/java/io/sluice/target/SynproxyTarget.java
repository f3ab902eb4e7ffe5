package io.sluice.target;

import io.sluice.conntrack.CtInfo;
import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -j SYNPROXY [--sack-perm] [--timestamp] [--wscale n] [--mss n] [--ecn]}: answers a SYN in the server's place, with
 * a cookie for a sequence number; an ACK that returns the cookie makes the host send its own SYN to the server. Both are
 * taken away; an ACK with another number is dropped.
 *
 * <p>Kernel: synproxy_tg4() and synproxy_tg6() in net/ipv4/netfilter/ipt_SYNPROXY.c and net/ipv6/netfilter/ip6t_SYNPROXY.c,
 * nf_synproxy_core.c. iptables: extensions/libxt_SYNPROXY.c. Not modelled: what ipv4_synproxy_hook() does afterwards (the
 * server's SYN-ACK, shifted sequence numbers and timestamps). The kernel's cookie is not predictable either.
 *
 * @param options {@link SynproxyAnswer} bits
 */
record SynproxyTarget(int options, int windowScale, int mss) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(
      Place.ANYWHERE.hooks(Hook.INPUT, Hook.FORWARD), "SYNPROXY",
      OptionSpec.flag("--sack-perm"), OptionSpec.flag("--timestamp"), OptionSpec.value("--wscale"),
      OptionSpec.value("--mss"), OptionSpec.flag("--ecn")) {
    @Override
    public ExtensionTarget parse(Options options) {
      requireTcp(options);
      int bits = (options.has("--sack-perm") ? SynproxyAnswer.SACK : 0)
          | (options.has("--timestamp") ? SynproxyAnswer.TIMESTAMP : 0)
          | (options.has("--wscale") ? SynproxyAnswer.WINDOW_SCALE : 0)
          | (options.has("--mss") ? SynproxyAnswer.MSS : 0) | (options.has("--ecn") ? SynproxyAnswer.ECN : 0);
      // iptables takes an MSS modulo 65536.
      int mss = options.has("--mss") ? (int) options.argument("--mss").number(0, 0xffff_ffffL) & 0xffff : 0;
      return new SynproxyTarget(bits, options.has("--wscale") ? options.argument("--wscale").u8() : 0, mss);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (!in.skip("SYNPROXY")) {
        return Optional.empty();
      }
      int bits = (in.skip("sack-perm") ? SynproxyAnswer.SACK : 0) | (in.skip("timestamp") ? SynproxyAnswer.TIMESTAMP : 0);
      Argument scale = in.skip("wscale") ? in.next() : null;
      Argument mss = in.skip("mss") ? in.next() : null;
      bits |= (scale == null ? 0 : SynproxyAnswer.WINDOW_SCALE) | (mss == null ? 0 : SynproxyAnswer.MSS)
          | (in.skip("ecn") ? SynproxyAnswer.ECN : 0);
      return Optional.of(new SynproxyTarget(bits, scale == null ? 0 : scale.u8(), mss == null ? 0 : mss.u16()));
    }
  };

  /** What makes this rule's cookies unlike another's; drawn when the first is needed. */
  private static final class Secret implements MatchState {
    private boolean drawn;
    private int value;

    int value(ActionParam par) {
      if (!drawn) {
        drawn = true;
        value = par.net().random().nextInt();
      }
      return value;
    }

    @Override
    public MatchState copy() {
      Secret copy = new Secret();
      copy.drawn = drawn;
      copy.value = value;
      return copy;
    }
  }

  @Override
  public String name() {
    return "SYNPROXY";
  }

  @Override
  public MatchState newState() {
    return new Secret();
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (!skb.hasTransport(20) || !skb.ipSummed().verify(skb, par.hook()) || !SynproxyAnswer.optionsAreThere(skb)) {
      return Verdict.DROP;
    }
    int at = skb.transportOffset();
    int flags = skb.u8(at + 13) & (SynproxyAnswer.FIN | SynproxyAnswer.SYN | SynproxyAnswer.RST | SynproxyAnswer.ACK);
    int cookie = HmarkTarget.jhash((int) (skb.srcLo() ^ skb.srcHi() ^ skb.dstHi()), (int) skb.dstLo(), skb.u32(at),
        ((Secret) par.state()).value(par));
    if (flags == SynproxyAnswer.SYN) {
      SkBuff answer = SynproxyAnswer.synAck(skb, this, cookie, par);
      if (skb.ct().isTracked()) {
        answer.ct().set(skb.ct().connection(), CtInfo.ESTABLISHED_REPLY);
      }
      par.net().output().localOut(answer);
      return Verdict.STOLEN;
    }
    if (flags == SynproxyAnswer.ACK) {
      if (skb.u32(at + 8) - 1 != cookie) {
        return Verdict.DROP;
      }
      par.net().output().localOut(SynproxyAnswer.syn(skb, this, par));
      return Verdict.STOLEN;
    }
    return Verdict.CONTINUE;
  }

  private void print(RuleWriter out, String dashes) {
    if ((options & SynproxyAnswer.SACK) != 0) {
      out.word(dashes + "sack-perm");
    }
    if ((options & SynproxyAnswer.TIMESTAMP) != 0) {
      out.word(dashes + "timestamp");
    }
    if ((options & SynproxyAnswer.WINDOW_SCALE) != 0) {
      out.option(dashes + "wscale", windowScale);
    }
    if ((options & SynproxyAnswer.MSS) != 0) {
      out.option(dashes + "mss", mss);
    }
    if ((options & SynproxyAnswer.ECN) != 0) {
      out.word(dashes + "ecn");
    }
  }

  @Override
  public void print(RuleWriter out) {
    print(out, "--");
  }

  /** iptables writes a blank after each word, the last one too. */
  @Override
  public void list(ListingWriter out) {
    RuleWriter words = new RuleWriter().word("SYNPROXY");
    print(words, "");
    out.word(words + " ");
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }
}
