package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.List;
import java.util.Optional;

/**
 * {@code -j NFQUEUE [--queue-num n | --queue-balance a:b] [--queue-bypass] [--queue-cpu-fanout]}: hands the packet to a
 * program. No program listens here; without one the kernel drops the packet, or with {@code --queue-bypass} lets it
 * through this table. In nat that leaves the connection unbound: its next packet is asked about again.
 *
 * <p>Kernel: nfqueue_tg_v3() in net/netfilter/xt_NFQUEUE.c, nf_queue() in net/netfilter/nf_queue.c. iptables:
 * extensions/libxt_NFQUEUE.c.
 */
record NfqueueTarget(int first, int last, boolean bypass, boolean fanout) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "NFQUEUE",
      OptionSpec.value("--queue-num"), OptionSpec.value("--queue-balance"), OptionSpec.flag("--queue-bypass"),
      OptionSpec.flag("--queue-cpu-fanout")) {
    @Override
    public ExtensionTarget parse(Options options) {
      one(options, "--queue-num", "--queue-balance");
      boolean fanout = options.has("--queue-cpu-fanout");
      if (fanout && !options.has("--queue-balance")) {
        throw options.error("--queue-cpu-fanout without --queue-balance", "expected --queue-balance with it");
      }
      boolean bypass = options.has("--queue-bypass");
      if (options.has("--queue-balance")) {
        return balance(options.argument("--queue-balance"), bypass, fanout);
      }
      int number = options.has("--queue-num") ? options.argument("--queue-num").u16() : 0;
      return new NfqueueTarget(number, number, bypass, false);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (in.skip("NFQUEUE", "num")) {
        int number = in.next().u16();
        return Optional.of(new NfqueueTarget(number, number, in.skip("bypass"), false));
      }
      if (!in.skip("NFQUEUE", "balance")) {
        return Optional.empty();
      }
      Argument range = in.next();
      return Optional.of(balance(range, in.skip("bypass"), in.skip("cpu-fanout")));
    }
  };

  @Override
  public String name() {
    return "NFQUEUE";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    return bypass ? Verdict.BYPASS : Verdict.QUEUE;
  }

  @Override
  public void print(RuleWriter out) {
    if (first == last) {
      out.option("--queue-num", first);
    } else {
      out.option("--queue-balance", first + ":" + last);
    }
    if (bypass) {
      out.word("--queue-bypass");
    }
    if (fanout) {
      out.word("--queue-cpu-fanout");
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word(first == last ? "NFQUEUE num " + first : "NFQUEUE balance " + first + ":" + last);
    if (bypass) {
      out.word("bypass");
    }
    if (fanout) {
      out.word("cpu-fanout");
    }
  }

  private static NfqueueTarget balance(Argument range, boolean bypass, boolean fanout) {
    List<Argument> ends = range.split(':');
    if (ends.size() != 2) {
      throw range.error("Bad range: " + range.text(), "expected first:last");
    }
    int first = ends.get(0).text().isEmpty() ? 0 : ends.get(0).u16();
    int last = ends.get(1).text().isEmpty() ? 0xffff : ends.get(1).u16();
    if (first >= last) {
      throw range.error(first + " should be less than " + last, "expected first:last with first < last");
    }
    if (last - first == 0xffff) {
      throw range.error("Invalid argument: too many queues", "expected at most 65535");
    }
    return new NfqueueTarget(first, last, bypass, fanout);
  }
}
