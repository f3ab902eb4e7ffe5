package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Checksums;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j ECN --ecn-tcp-remove | [--ecn-tcp-ece 0|1] [--ecn-tcp-cwr 0|1] [--ecn-ip-ect 0..3]}: the TCP flags ECE and
 * CWR, and the two lowest bits of the TOS byte. A TCP packet whose header is cut short is dropped.
 *
 * <p>Kernel: ecn_tg(), set_ect_ip() and set_ect_tcp() in net/ipv4/netfilter/ipt_ECN.c. iptables:
 * extensions/libipt_ECN.c.
 *
 * @param ece what ECE becomes, or -1 to leave it
 * @param cwr what CWR becomes, or -1 to leave it
 * @param ect what the TOS byte's two lowest bits become, or -1 to leave them
 */
record EcnTarget(int ece, int cwr, int ect) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE.family(Family.IPV4).tables("mangle"), "ECN",
      OptionSpec.flag("--ecn-tcp-remove"), OptionSpec.value("--ecn-tcp-ece"), OptionSpec.value("--ecn-tcp-cwr"),
      OptionSpec.value("--ecn-ip-ect")) {
    @Override
    public ExtensionTarget parse(Options options) {
      if (options.isEmpty()) {
        throw options.missing("one of --ecn-tcp-remove --ecn-tcp-ece --ecn-tcp-cwr --ecn-ip-ect");
      }
      boolean remove = options.has("--ecn-tcp-remove");
      one(options, "--ecn-tcp-remove", "--ecn-tcp-ece");
      one(options, "--ecn-tcp-remove", "--ecn-tcp-cwr");
      int ect = bit(options, "--ecn-ip-ect", 3);
      // ECN_parse() of libipt_ECN.c: --ecn-tcp-remove undoes what stands before it.
      boolean undone = remove && ect >= 0
          && options.uses("--ecn-tcp-remove").get(0).name().offset() > options.argument("--ecn-ip-ect").offset();
      EcnTarget target = new EcnTarget(remove ? 0 : bit(options, "--ecn-tcp-ece", 1),
          remove ? 0 : bit(options, "--ecn-tcp-cwr", 1), undone ? -1 : ect);
      if (target.ece >= 0 || target.cwr >= 0) {
        requireTcp(options);
      }
      return target;
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (!in.skip("ECN")) {
        return Optional.empty();
      }
      if (in.skip("TCP", "remove")) {
        return Optional.of(new EcnTarget(0, 0, -1));
      }
      Argument ece = in.skipPrefix("ECE=");
      Argument cwr = in.skipPrefix("CWR=");
      Argument ect = in.skip("ECT") ? in.skipPrefix("codepoint=") : null;
      return Optional.of(new EcnTarget(number(ece), number(cwr), number(ect)));
    }
  };

  private static int bit(Options options, String name, int max) {
    return options.has(name) ? (int) options.argument(name).number(0, max) : -1;
  }

  private static int number(Argument argument) {
    return argument == null ? -1 : argument.u8();
  }

  @Override
  public String name() {
    return "ECN";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (ect >= 0 && (skb.tos() & 3) != ect) {
      skb.setTos(skb.tos() & ~3 | ect);
    }
    if ((ece >= 0 || cwr >= 0) && skb.protocol() == Protocols.TCP) {
      if (!skb.hasTransport(20)) {
        return Verdict.DROP;
      }
      int at = skb.transportOffset();
      int before = skb.u16(at + 12);
      int after = ece < 0 ? before : before & ~0x40 | ece << 6;
      after = cwr < 0 ? after : after & ~0x80 | cwr << 7;
      if (after != before) {
        skb.ensureLinear(at + 20);
        skb.putU16(at + 12, after);
        Checksums.replace16(skb, at + 16, before, after);
      }
    }
    return Verdict.CONTINUE;
  }

  @Override
  public Optional<Rewrite> rewrite() {
    return ece < 0 && cwr < 0 ? Optional.of(new Rewrite.Octet(Field.TOS, ect, 3, 0)) : Optional.empty();
  }

  @Override
  public void print(RuleWriter out) {
    if (ece == 0 && cwr == 0 && ect < 0) {
      out.word("--ecn-tcp-remove");
      return;
    }
    if (ece >= 0) {
      out.option("--ecn-tcp-ece", ece);
    }
    if (cwr >= 0) {
      out.option("--ecn-tcp-cwr", cwr);
    }
    if (ect >= 0) {
      out.option("--ecn-ip-ect", ect);
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("ECN");
    if (ece == 0 && cwr == 0 && ect < 0) {
      out.word("TCP remove");
      return;
    }
    if (ece >= 0) {
      out.word("ECE=" + ece);
    }
    if (cwr >= 0) {
      out.word("CWR=" + cwr);
    }
    if (ect >= 0) {
      out.word("ECT codepoint=" + ect);
    }
  }

  @Override
  public Set<Field> changes() {
    Set<Field> fields = new HashSet<>();
    if (ect >= 0) {
      fields.add(Field.TOS);
    }
    if (ece >= 0 || cwr >= 0) {
      fields.add(Field.TCP_FLAGS);
    }
    return fields;
  }
}
