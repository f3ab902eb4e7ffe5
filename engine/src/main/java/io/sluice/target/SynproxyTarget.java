package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.net.SynCookies;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -j SYNPROXY [--sack-perm] [--timestamp] [--wscale n] [--mss n] [--ecn]}: answers a SYN in the server's place, with
 * a cookie for a sequence number; an ACK that returns the cookie makes the host send its own SYN to the server. Both are
 * taken away; an ACK with another number is dropped. What comes after that is the business of {@link SynproxyHook}, which
 * stands at the end of INPUT and POSTROUTING where some rule has this target.
 *
 * <p>Kernel: synproxy_tg4() and synproxy_tg6() in net/ipv4/netfilter/ipt_SYNPROXY.c and net/ipv6/netfilter/ip6t_SYNPROXY.c,
 * nf_synproxy_core.c. iptables: extensions/libxt_SYNPROXY.c. The kernel's cookie cannot be foretold: {@link SynCookies}.
 *
 * @param options {@link SynproxyOptions} bits
 */
record SynproxyTarget(int options, int windowScale, int mss) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(
      Place.ANYWHERE.hooks(Hook.INPUT, Hook.FORWARD), "SYNPROXY",
      OptionSpec.flag("--sack-perm"), OptionSpec.flag("--timestamp"), OptionSpec.value("--wscale"),
      OptionSpec.value("--mss"), OptionSpec.flag("--ecn")) {
    @Override
    public ExtensionTarget parse(Options options) {
      requireTcp(options);
      int bits = (options.has("--sack-perm") ? SynproxyOptions.SACK : 0)
          | (options.has("--timestamp") ? SynproxyOptions.TIMESTAMP : 0)
          | (options.has("--wscale") ? SynproxyOptions.WINDOW_SCALE : 0)
          | (options.has("--mss") ? SynproxyOptions.MSS : 0) | (options.has("--ecn") ? SynproxyOptions.ECN : 0);
      // iptables takes a window scale modulo 256 and an MSS modulo 65536.
      int scale = options.has("--wscale") ? options.argument("--wscale").u32() & 0xff : 0;
      int mss = options.has("--mss") ? options.argument("--mss").u32() & 0xffff : 0;
      return new SynproxyTarget(bits, scale, mss);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (!in.skip("SYNPROXY")) {
        return Optional.empty();
      }
      int bits = (in.skip("sack-perm") ? SynproxyOptions.SACK : 0) | (in.skip("timestamp") ? SynproxyOptions.TIMESTAMP : 0);
      Argument scale = in.skip("wscale") ? in.next() : null;
      Argument mss = in.skip("mss") ? in.next() : null;
      bits |= (scale == null ? 0 : SynproxyOptions.WINDOW_SCALE) | (mss == null ? 0 : SynproxyOptions.MSS)
          | (in.skip("ecn") ? SynproxyOptions.ECN : 0);
      return Optional.of(new SynproxyTarget(bits, scale == null ? 0 : scale.u8(), mss == null ? 0 : mss.u16()));
    }
  };

  @Override
  public String name() {
    return "SYNPROXY";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (!skb.hasTransport(20) || !skb.ipSummed().verify(skb, par.hook())) {
      return Verdict.DROP;
    }
    SynproxyOptions offered = SynproxyOptions.of(skb);
    if (offered == null) {
      return Verdict.DROP;
    }
    int flags = skb.u8(skb.transportOffset() + 13);
    switch (flags & (SynproxySegments.FIN | SynproxySegments.SYN | SynproxySegments.RST | SynproxySegments.ACK)) {
      case SynproxySegments.SYN:
        boolean ecn = (flags & SynproxySegments.ECE) != 0 && (flags & SynproxySegments.CWR) != 0;
        answer(skb, offered, ecn, par.net());
        return Verdict.STOLEN;
      case SynproxySegments.ACK:
        int number = skb.u32(skb.transportOffset() + 4);
        return SynproxySegments.syn(skb, offered, number, par.net()) ? Verdict.STOLEN : Verdict.DROP;
      default:
        return Verdict.CONTINUE;
    }
  }

  /** Answers a SYN with what both the client and the rule offer. */
  private void answer(SkBuff skb, SynproxyOptions common, boolean ecn, Net net) {
    common.present = (common.present | (ecn ? SynproxyOptions.ECN : 0)) & options;
    if (!common.has(SynproxyOptions.TIMESTAMP)) {
      // Without a timestamp there is no room to remember them.
      common.present &= ~(SynproxyOptions.WINDOW_SCALE | SynproxyOptions.SACK | SynproxyOptions.ECN);
    }
    SynCookies.Seen cookie = net.synCookies().issue(skb, common.mss, common.cookie());
    common.tsecr = common.tsval;
    common.tsval = cookie.timestamp();
    common.scale = windowScale;
    common.mss = mss;
    SynproxySegments.synAck(skb, common, cookie, net);
  }

  private void print(RuleWriter out, String dashes) {
    if ((options & SynproxyOptions.SACK) != 0) {
      out.word(dashes + "sack-perm");
    }
    if ((options & SynproxyOptions.TIMESTAMP) != 0) {
      out.word(dashes + "timestamp");
    }
    if ((options & SynproxyOptions.WINDOW_SCALE) != 0) {
      out.option(dashes + "wscale", windowScale);
    }
    if ((options & SynproxyOptions.MSS) != 0) {
      out.option(dashes + "mss", mss);
    }
    if ((options & SynproxyOptions.ECN) != 0) {
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

  @Override
  public boolean needsSynproxy() {
    return true;
  }
}
