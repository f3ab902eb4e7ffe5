package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Checksums;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * {@code -j TCPOPTSTRIP --strip-options list}: overwrites these TCP options with no-operations. A header that is cut short
 * drops the packet.
 *
 * <p>Kernel: tcpoptstrip_mangle_packet() in net/netfilter/xt_TCPOPTSTRIP.c. iptables: extensions/libxt_TCPOPTSTRIP.c.
 */
record TcpoptstripTarget(BitSet kinds) implements ExtensionTarget {
  private static final Map<String, Integer> NAMES = Map.of("mss", 2, "wscale", 3, "sack-permitted", 4, "sack", 5,
      "timestamp", 8, "md5", 19);
  private static final int TCP_HEADER = 20;
  private static final int NO_OPERATION = 1;

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE.tables("mangle"), "TCPOPTSTRIP",
      OptionSpec.value("--strip-options")) {
    @Override
    public ExtensionTarget parse(Options options) {
      requireTcp(options);
      return new TcpoptstripTarget(
          options.has("--strip-options") ? kinds(options.argument("--strip-options")) : new BitSet());
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      boolean some = in.skip("TCPOPTSTRIP", "options");
      return Optional.of(new TcpoptstripTarget(some ? kinds(in.next()) : new BitSet()));
    }
  };

  private static BitSet kinds(Argument list) {
    BitSet kinds = new BitSet(256);
    for (Argument word : list.split(',')) {
      Integer kind = NAMES.get(word.text());
      if (kind == null) {
        kind = word.u8();
      }
      if (kind <= NO_OPERATION) {
        throw word.error("Option value may not be 0 or 1", "expected 2..255 or one of: " + new TreeSet<>(NAMES.keySet()));
      }
      if (kinds.get(kind)) {
        throw word.error("option " + word.text() + " is given twice", "");
      }
      kinds.set(kind);
    }
    return kinds;
  }

  @Override
  public String name() {
    return "TCPOPTSTRIP";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (skb.fragmentOffset() != 0) {
      return Verdict.CONTINUE;
    }
    int at = skb.transportOffset();
    int length = skb.length() - at;
    if (length < TCP_HEADER || length < (skb.u8(at + 12) >> 4) * 4) {
      return Verdict.DROP;
    }
    int header = (skb.u8(at + 12) >> 4) * 4;
    skb.ensureLinear(at + header);
    int size;
    for (int i = TCP_HEADER; i < header - 1; i += size) {
      size = TcpmssTarget.optionLength(skb, at + i);
      if (i + size > header) {
        break;
      }
      if (kinds.get(skb.u8(at + i))) {
        for (int j = i; j < i + size; j++) {
          int shift = j % 2 == 0 ? 8 : 0;
          Checksums.replace16(skb, at + 16, skb.u8(at + j) << shift, NO_OPERATION << shift);
          skb.putU8(at + j, NO_OPERATION);
        }
      }
    }
    return Verdict.CONTINUE;
  }

  private String text() {
    return kinds.stream().mapToObj(String::valueOf).collect(Collectors.joining(","));
  }

  @Override
  public void print(RuleWriter out) {
    if (!kinds.isEmpty()) {
      out.option("--strip-options", text());
    }
  }

  @Override
  public void list(ListingWriter out) {
    if (!kinds.isEmpty()) {
      out.word("TCPOPTSTRIP options " + text());
    }
  }
}
