package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.host.FlowKey;
import io.sluice.host.Route;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Checksums;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j TCPMSS --set-mss n | --clamp-mss-to-pmtu}: lowers the MSS option, or adds one where there is none and no data
 * follows. A TCP header that is cut short or lies about its length drops the packet.
 *
 * <p>Kernel: tcpmss_mangle_packet() in net/netfilter/xt_TCPMSS.c; like there, the checksum is repaired as if the option
 * stood at an even place. iptables: extensions/libxt_TCPMSS.c.
 *
 * @param mss 0..65534, or {@link #CLAMP} for the smaller MTU of both directions less IP and TCP header
 */
record TcpmssTarget(int mss) implements ExtensionTarget {
  private static final int CLAMP = 0xffff;
  private static final int TCP_HEADER = 20;
  private static final int OPTION_MSS = 2;
  private static final int OPTION_LENGTH = 4;
  private static final int DROP = -1;

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "TCPMSS",
      OptionSpec.value("--set-mss"), OptionSpec.flag("--clamp-mss-to-pmtu")) {
    @Override
    public ExtensionTarget parse(Options options) {
      requireTcp(options);
      // libxt_TCPMSS.c: the largest packet less the headers, IPv4's without TCP's. It is looked at even where it does not count.
      long most = options.family() == Family.IPV6 ? 65_495 : 65_515;
      int mss = options.has("--set-mss") ? (int) options.argument("--set-mss").number(0, most) : CLAMP;
      if (options.has("--clamp-mss-to-pmtu")) {
        Argument clamp = options.uses("--clamp-mss-to-pmtu").get(0).name();
        if (!options.has("--set-mss") || clamp.offset() > options.argument("--set-mss").offset()) {
          return new TcpmssTarget(CLAMP);
        }
      }
      if (!options.has("--set-mss")) {
        throw options.missing("one of --set-mss --clamp-mss-to-pmtu");
      }
      return new TcpmssTarget(mss);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (in.skip("TCPMSS", "clamp", "to", "PMTU")) {
        return Optional.of(new TcpmssTarget(CLAMP));
      }
      return in.skip("TCPMSS", "set") ? Optional.of(new TcpmssTarget(in.next().u16())) : Optional.empty();
    }
  };

  /** A key for looking up the way back; one a rule, so that no packet makes one. */
  private record Scratch(FlowKey key) implements MatchState {
    @Override
    public MatchState copy() {
      return new Scratch(new FlowKey());
    }
  }

  @Override
  public String name() {
    return "TCPMSS";
  }

  @Override
  public MatchState newState() {
    return new Scratch(new FlowKey());
  }

  @Override
  public Set<Hook> hooks() {
    return mss == CLAMP ? EnumSet.of(Hook.FORWARD, Hook.OUTPUT, Hook.POSTROUTING) : EnumSet.allOf(Hook.class);
  }

  /** Legacy wants to see that the rule is about SYN packets: find_syn_match(). */
  @Override
  public Optional<String> refusal(List<Match> matches, ActionParam.Backend backend) {
    boolean syn = matches.stream().anyMatch(m -> m.name().equals("tcp") && demandsSyn(m.constraint()));
    return syn || backend == ActionParam.Backend.NFT
        ? Optional.empty() : Optional.of("only works on TCP SYN packets: add --syn or --tcp-flags SYN,RST SYN");
  }

  private static boolean demandsSyn(Constraint constraint) {
    if (constraint instanceof Constraint.All all) {
      return all.parts().stream().anyMatch(TcpmssTarget::demandsSyn);
    }
    return constraint instanceof Constraint.Masked masked && masked.field() == Field.TCP_FLAGS
        && (masked.value() & 2) != 0;
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (skb.fragmentOffset() != 0) {
      return Verdict.CONTINUE;
    }
    return mangle(skb, par) == DROP ? Verdict.DROP : Verdict.CONTINUE;
  }

  private int mangle(SkBuff skb, ActionParam par) {
    int at = skb.transportOffset();
    int length = skb.length() - at;
    skb.ensureLinear(skb.length());
    if (length < TCP_HEADER || skb.protocol() != Protocols.TCP) {
      return DROP;
    }
    int header = (skb.u8(at + 12) >> 4) * 4;
    if (length < header || header < TCP_HEADER) {
      return DROP;
    }
    int wanted = mss;
    if (mss == CLAMP) {
      int headers = skb.family().headerLength() + TCP_HEADER;
      int mtu = mtu(skb, par);
      if (mtu <= headers) {
        return DROP;
      }
      wanted = Math.min(0xffff, mtu - headers);
    }
    for (int i = TCP_HEADER; i <= header - OPTION_LENGTH; i += optionLength(skb, at + i)) {
      if (skb.u8(at + i) == OPTION_MSS && skb.u8(at + i + 1) == OPTION_LENGTH) {
        int old = skb.u16(at + i + 2);
        if (old > wanted) {
          skb.putU16(at + i + 2, wanted);
          Checksums.replace16(skb, at + 16, old, wanted);
        }
        return 0;
      }
    }
    if (length == header && header < 60) {
      addOption(skb, at, Math.min(wanted, skb.family() == Family.IPV4 ? 536 : 1220));
    }
    return 0;
  }

  /** The length of the TCP option at {@code offset}; 1 for those without one, and for lies that would not end. */
  static int optionLength(SkBuff skb, int offset) {
    int kind = skb.u8(offset);
    int length = kind <= 1 || offset + 1 >= skb.length() ? 1 : skb.u8(offset + 1);
    return length == 0 ? 1 : length;
  }

  private static int mtu(SkBuff skb, ActionParam par) {
    int there = skb.route() == null ? Integer.MAX_VALUE : skb.route().mtu();
    FlowKey key = ((Scratch) par.state()).key();
    key.set(skb.family(), 0, 0, skb.srcHi(), skb.srcLo(), 0, 0);
    Route back = par.net().network().routing().output(key, null);
    return back.failed() ? there : Math.min(there, back.mtu());
  }

  private static void addOption(SkBuff skb, int at, int value) {
    int length = skb.length() - at;
    int options = at + TCP_HEADER;
    byte[] data = Arrays.copyOf(skb.data(), skb.length() + OPTION_LENGTH);
    System.arraycopy(skb.data(), options, data, options + OPTION_LENGTH, skb.length() - options);
    data[options] = OPTION_MSS;
    data[options + 1] = OPTION_LENGTH;
    data[options + 2] = (byte) (value >> 8);
    data[options + 3] = (byte) value;
    boolean v4 = skb.family() == Family.IPV4;
    int lengthAt = v4 ? 2 : 4;
    int before = skb.u16(lengthAt);
    int after = before + OPTION_LENGTH;
    data[lengthAt] = (byte) (after >> 8);
    data[lengthAt + 1] = (byte) after;
    if (v4) {
      Checksums.replace16(skb, 10, before, after);
      data[10] = (byte) skb.u8(10);
      data[11] = (byte) skb.u8(11);
    }
    skb.replaceBytes(data, data.length);
    Checksums.replace16(skb, at + 16, length, length + OPTION_LENGTH);
    Checksums.replace16(skb, at + 16, 0, OPTION_MSS << 8 | OPTION_LENGTH);
    Checksums.replace16(skb, at + 16, 0, value);
    int offsetAndFlags = skb.u16(at + 12);
    skb.putU16(at + 12, offsetAndFlags + (1 << 12));
    Checksums.replace16(skb, at + 16, offsetAndFlags, offsetAndFlags + (1 << 12));
  }

  @Override
  public void print(RuleWriter out) {
    if (mss == CLAMP) {
      out.word("--clamp-mss-to-pmtu");
    } else {
      out.option("--set-mss", mss);
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word(mss == CLAMP ? "TCPMSS clamp to PMTU" : "TCPMSS set " + mss);
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.LENGTH);
  }
}
