package io.sluice.bench.analysis;

import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Reach;
import io.sluice.analysis.symbolic.Reachability;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.extension.UnknownPolicy;
import io.sluice.host.Network;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.RuleSetReader;
import java.util.List;

/** Cold. */
public final class LintBench {
  public static void main(String[] arguments) throws Exception {
    int rules = Integer.parseInt(arguments[0]);
    String text = FlatRules.save(rules, 1);
    for (int round = 0; round < (arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1); round++) {
      long t0 = java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      Host host = Host.of(Network.loopbackOnly()).with(RuleSetReader.read(text, Family.IPV4, UnknownPolicy.FAIL));
      long t1 = java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      Space space = Space.of(host, Family.IPV4);
      SymbolicTable table = SymbolicTable.of(space, host, host.ipv4().table("filter").orElseThrow());
      long t2 = java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      Reachability reachability = new Reachability(table);
      SymbolicChain forward = table.chain("FORWARD");
      int dead = 0, unknown = 0, unions = 0;
      long t3 = 0;
      for (SymbolicRule rule : forward.rules()) {
        Reach reach = reachability.decide(rule, forward, List.of(space.everything()), r -> true);
        if (t3 == 0) t3 = java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        if (reach.answer() == Reach.Answer.NEVER) {
          dead++;
          if (Reachability.covering(reach.proofs()).size() > 1) unions++;
        } else if (reach.answer() == Reach.Answer.UNKNOWN) unknown++;
      }
      long t4 = java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      System.out.printf("rules %d read %d shapes %d first %d rest %d: total %d ms; dead %d (unions %d) unknown %d%n", rules, (t1 - t0) / 1000000,
          (t2 - t1) / 1000000, (t3 - t2) / 1000000, (t4 - t3) / 1000000, (t4 - t1) / 1000000, dead, unions, unknown);
    }
  }
}
