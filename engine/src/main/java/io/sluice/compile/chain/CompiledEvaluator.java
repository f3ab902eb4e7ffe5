package io.sluice.compile.chain;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.LiveTable;
import io.sluice.walk.Tracer;
import io.sluice.walk.Traversal;
import io.sluice.walk.TraversalLimitException;
import io.sluice.walk.Walker;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends packets through compiled base chains. One thread.
 *
 * <p>Counts are kept aside and put into the live rules when somebody reads those.
 */
public final class CompiledEvaluator implements ChainEvaluator {
  private static final long MIN_CHAIN_BYTES = 1 << 11;

  private final CompiledRules compiled;
  private final ChainRunner[] runners;
  private final long bytesPerChain;
  private final Tracer tracer;
  private boolean settled = true;
  /** Programs that the packet has entered, and rules that were looked at one by one. */
  private int visits;

  /**
   * @param counts whether it counts in the live rules; one that only predicts does not
   * @param tracer is told of every rule on a packet's way; may be null
   */
  CompiledEvaluator(CompiledRules compiled, LiveRuleSet live, boolean counts, Tracer tracer) {
    if (live.ruleSet() != compiled.ruleSet()) {
      throw new IllegalArgumentException("the live rules were loaded from another rule set");
    }
    this.compiled = compiled;
    this.tracer = tracer;
    this.runners = new ChainRunner[live.chainCount()];
    this.bytesPerChain =
        Math.max(MIN_CHAIN_BYTES, compiled.options().maxBytes() / Math.max(1, compiled.classifiers()));
    for (LiveTable table : live.tables()) {
      for (LiveChain chain : table.chains()) {
        if (chain.chain().base().isPresent()) {
          runner(chain);
        }
      }
    }
    if (counts) {
      live.beforeReading(this::settle);
    }
  }

  @Override
  public Verdict evaluate(LiveChain base, SkBuff skb, ActionParam par, Traversal result) {
    result.begin(base);
    settled = false;
    visits = 0;
    return runners[base.ordinal()].run(skb, par, result);
  }

  Tracer tracer() {
    return tracer;
  }

  /** The packet enters the program of a chain, or a rule of it is looked at. */
  void visit(LiveChain chain) {
    if (++visits > Walker.MAX_VISITS) {
      throw new TraversalLimitException(chain, Walker.MAX_VISITS);
    }
  }

  /** The runner of a chain that has a program of its own. */
  ChainRunner runner(LiveChain chain) {
    ChainRunner runner = runners[chain.ordinal()];
    if (runner == null) {
      LiveTable table = chain.table();
      runner = new ChainRunner(this, compiled.program(table.name(), chain.name()), table, bytesPerChain);
      runners[chain.ordinal()] = runner;
    }
    return runner;
  }

  /** Puts the counts into the live rules. */
  private void settle() {
    if (!settled) {
      settled = true;
      for (ChainRunner runner : runners) {
        if (runner != null) {
          runner.settle();
        }
      }
    }
  }

  /** Of each chain that packets have been looked up in, or could be. */
  public List<ChainStats> stats() {
    List<ChainStats> stats = new ArrayList<>();
    for (ChainRunner runner : runners) {
      if (runner != null) {
        stats.add(runner.stats());
      }
    }
    return stats;
  }
}
