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
import java.util.Arrays;
import java.util.List;

/**
 * Sends packets through compiled base chains. One thread.
 *
 * <p>Counts are kept aside and put into the live rules when somebody reads those.
 */
public final class CompiledEvaluator implements ChainEvaluator {
  private static final long MIN_CHAIN_BYTES = 1 << 11;
  /** Flows may take this part of what a chain may: there are few. */
  private static final int FLOWS_SHARE = 4;

  private final CompiledRules compiled;
  /** By ordinal of the chain. */
  private ChainRunner[] runners = {};
  private final long bytesPerChain;
  private final long bytesPerShortChain;
  private final Tracer tracer;
  private final Walker walker;
  private final Flows flows;
  private final Trails trails = new Trails(this);
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
    this.walker = new Walker(tracer);
    int longChains = compiled.programs(ChainRunner.SHORT);
    int shortChains = compiled.programs(0) - longChains;
    long share = compiled.options().maxBytes() / (1 + longChains + Math.min(shortChains, 1));
    this.bytesPerChain = Math.max(MIN_CHAIN_BYTES, share);
    this.bytesPerShortChain = Math.max(MIN_CHAIN_BYTES, share / Math.max(shortChains, 1));
    boolean keepsAddresses = compiled.keepsAddresses();
    int programs = 0;
    for (LiveTable table : live.tables()) {
      for (LiveChain chain : table.bases()) {
        boolean remembers = keepsAddresses && compiled.program(table.name(), chain.name()).index != null;
        runner(chain, remembers ? programs++ : -1);
      }
    }
    this.flows = new Flows(programs, bytesPerChain / FLOWS_SHARE);
    if (counts) {
      live.beforeReading(this::settle);
    }
  }

  @Override
  public Verdict evaluate(LiveChain base, SkBuff skb, ActionParam par, Traversal result) {
    ChainRunner runner = runners[base.ordinal()];
    if (runner.walks(skb, par)) {
      trails.walked();
      return walker.evaluate(base, skb, par, result);
    }
    result.begin(base);
    unsettle();
    visits = 0;
    Verdict verdict = runner.run(skb, par, result);
    trails.passed(runner, verdict, skb, par);
    return verdict;
  }

  /** The ways of packets of established connections; null where somebody wants to be told of every rule. */
  public Trails trails() {
    return tracer == null ? trails : null;
  }

  /** Whether somebody wants to know where packets begin in programs. */
  boolean notesWays() {
    return trails.isNoting();
  }

  /** Counts are about to be kept aside. */
  void unsettle() {
    settled = false;
  }

  Tracer tracer() {
    return tracer;
  }

  /** For packets that constraints do not speak of, and for short chains. */
  Walker walker() {
    return walker;
  }

  /** The packet enters another program, or so many rules of this chain are looked at. */
  void visit(LiveChain chain, int count) {
    visits += count;
    if (visits > Walker.MAX_VISITS) {
      throw new TraversalLimitException(chain, Walker.MAX_VISITS);
    }
  }

  /** The runner of a chain that has a program of its own. */
  ChainRunner runner(LiveChain chain) {
    ChainRunner runner = chain.ordinal() < runners.length ? runners[chain.ordinal()] : null;
    return runner == null ? runner(chain, -1) : runner;
  }

  private ChainRunner runner(LiveChain chain, int number) {
    LiveTable table = chain.table();
    if (chain.ordinal() >= runners.length) {
      runners = Arrays.copyOf(runners, 2 * (chain.ordinal() + 1));
    }
    ChainProgram program = compiled.program(table.name(), chain.name());
    long bytes = program.slots > ChainRunner.SHORT ? bytesPerChain : bytesPerShortChain;
    runners[chain.ordinal()] = new ChainRunner(this, program, table, bytes, number);
    return runners[chain.ordinal()];
  }

  /** So many slots are asked one by one in as much time as what matches is looked up. */
  int scanRules() {
    return compiled.options().scanRules();
  }

  Flows flows() {
    return flows;
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

  /** What is held now. */
  public CompiledStats stats() {
    List<ChainStats> stats = new ArrayList<>();
    for (ChainRunner runner : runners) {
      if (runner != null) {
        stats.add(runner.stats());
      }
    }
    return new CompiledStats(stats, flows.count(), flows.bytes(), flows.flushes(), trails.sent());
  }
}
