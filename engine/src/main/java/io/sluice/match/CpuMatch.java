package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -m cpu [!] --cpu n}: which processor handles the packet. Nothing in the packet says: the oracle is asked.
 *
 * <p>Kernel: cpu_mt() in net/netfilter/xt_cpu.c. iptables: extensions/libxt_cpu.c.
 */
record CpuMatch(int cpu, boolean inverted) implements Match {

  static final MatchExtension EXTENSION = new Extension("cpu", OptionSpec.invertible("--cpu")) {
    @Override
    public Match parse(Options options) {
      return new CpuMatch(options.require("--cpu").u32(), options.inverted("--cpu"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("cpu")) {
        return Optional.empty();
      }
      boolean inverted = in.skip("!");
      return Optional.of(new CpuMatch(in.next().u32(), inverted));
    }
  };

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return par.net().oracle().decide("-m cpu --cpu " + Integer.toUnsignedString(cpu)) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--cpu", Integer.toUnsignedString(cpu));
  }

  @Override
  public void list(ListingWriter out) {
    out.word("cpu " + (inverted ? "! " : "") + Integer.toUnsignedString(cpu));
  }
}
