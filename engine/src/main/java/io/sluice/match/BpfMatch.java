package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -m bpf --bytecode "n,code jt jf k,…"}: a classic BPF program, run on the packet from the IP header on; it matches
 * when the program returns anything but 0.
 *
 * <p>Kernel: bpf_mt() in net/netfilter/xt_bpf.c, with bpf_check_classic() in net/core/filter.c for what is a program.
 * iptables: extensions/libxt_bpf.c. {@code --object-pinned} and ancillary loads other than protocol, packet type, interface
 * index and mark are not supported, and loads from the link layer neither.
 */
record BpfMatch(BpfProgram program) implements Match {

  static final MatchExtension EXTENSION =
      new Extension("bpf", OptionSpec.value("--bytecode"), OptionSpec.value("--object-pinned")) {
    @Override
    public Match parse(Options options) {
      if (options.has("--object-pinned")) {
        throw options.argument("--object-pinned").unsupported("eBPF programs cannot be run", "use --bytecode");
      }
      return new BpfMatch(BpfProgram.parse(options.require("--bytecode")));
    }

    /** {@code match bpf code jt jf k,code jt jf k}: the program without its length. */
    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("match", "bpf")) {
        return Optional.empty();
      }
      StringBuilder text = new StringBuilder();
      int offset = in.peek().offset();
      int count = 1;
      // libxt_bpf.c writes a NUL where the last comma would be.
      while (in.peek().text().matches("[0-9]+(,[0-9]+)?\0?")) {
        String word = in.next().text().replace("\0", "");
        count += word.indexOf(',') >= 0 ? 1 : 0;
        text.append(text.length() == 0 ? "" : " ").append(word);
      }
      return Optional.of(new BpfMatch(BpfProgram.parse(new Argument(count + "," + text, offset))));
    }
  };

  @Override
  public String name() {
    return "bpf";
  }

  @Override
  public MatchState newState() {
    return new BpfProgram.Memory();
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    int exposed = skb.ipSummed().expose(skb);
    boolean accepted = program.run(skb, (BpfProgram.Memory) par.state()) != 0;
    skb.ipSummed().hide(skb, exposed);
    return accepted;
  }

  @Override
  public boolean readsMark() {
    return true;
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--bytecode", "\"" + program.length() + "," + program + "\"");
  }

  @Override
  public void list(ListingWriter out) {
    out.trailing("match bpf " + program);
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
