package io.sluice.compile.chain;

import io.sluice.host.Routing;
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
import java.util.concurrent.CompletableFuture;

/**
 * Sends packets through compiled base chains. One thread.
 *
 * <p>Counts are kept aside and put into the live rules when somebody reads those.
 */
public final class CompiledEvaluator implements ChainEvaluator {
  private static final long MIN_CHAIN_BYTES = 1 << 11;
  /** Flows may take this part of what a chain may: there are few. */
  private static final int FLOWS_SHARE = 4;
  /**
   * So many packets are walked before what an edit has left to be compiled is begun: they have cost as much as that does, about.
   * A rule takes 4 to 13 us to compile (KubeEditBench, RuleEditBench), and some 20 ns to be walked.
   */
  static final int PACKETS_WALKED = 256;

  /** A base chain that an edit has left to be compiled. */
  private static final class Waiting {
    /** Its number among the programs that connections remember ways of. */
    final int number;
    /** Walked so far. */
    int packets;
    /** The program, once it is being compiled; that of null takes too long. */
    CompletableFuture<ChainProgram> coming;
    boolean givenUp;

    Waiting(int number) {
      this.number = number;
    }
  }

  private final CompiledRules compiled;
  /** By ordinal of the chain. */
  private ChainRunner[] runners = {};
  /** Likewise, what takes packets through short chains. */
  private HeaderScan[] scans = {};
  /** Likewise. */
  private Waiting[] waiting = {};
  private final long bytesPerChain;
  private final long bytesPerShortChain;
  /** What chains may still take: those that are called by programs compiled later were not counted when it was divided. */
  private long bytesLeft;
  private final Tracer tracer;
  private final Walker walker;
  private final Flows flows;
  private final Trails trails = new Trails(this);
  private boolean settled = true;
  /** Programs that the packet has entered, and rules that were looked at one by one. */
  private int visits;

  /** @param tracer is told of every rule on a packet's way; may be null */
  CompiledEvaluator(CompiledRules compiled, LiveRuleSet live, Tracer tracer) {
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
    this.bytesLeft = compiled.options().maxBytes() - bytesPerChain / FLOWS_SHARE;
    boolean keepsAddresses = compiled.keepsAddresses();
    int programs = 0;
    for (LiveTable table : live.tables()) {
      for (LiveChain chain : table.bases()) {
        ChainProgram program = compiled.made(table.name(), chain.name());
        int number = keepsAddresses && (program == null || program.index != null) ? programs++ : -1;
        if (program == null) {
          reserve(chain);
          waiting[chain.ordinal()] = new Waiting(number);
        } else {
          runner(chain, number);
        }
      }
    }
    this.flows = new Flows(programs, bytesPerChain / FLOWS_SHARE);
    live.beforeReading(this::settle);
  }

  /** That of the host which the rules were compiled for. */
  Routing routing() {
    return compiled.network().routing();
  }

  @Override
  public Verdict evaluate(LiveChain base, SkBuff skb, ActionParam par, Traversal result) {
    HeaderScan scan = scans[base.ordinal()];
    if (scan != null && scan.takes(skb, par)) {
      trails.walked();
      return scan.run(skb, par, result);
    }
    ChainRunner runner = runners[base.ordinal()];
    if (runner == null) {
      runner = awaited(base);
    }
    if (runner == null) {
      trails.walked();
      return walker.evaluate(base, skb, par, result);
    }
    if (runner.walks(skb, par)) {
      trails.walked();
      return runner.walked(skb, par, result);
    }
    result.begin(base);
    unsettle();
    visits = 0;
    Verdict verdict = runner.run(skb, par, result);
    trails.passed(runner, verdict, skb, par);
    return verdict;
  }

  /**
   * The runner of a chain that an edit has left to be compiled, once enough packets have been walked; null until then, and for good
   * where compiling takes too long.
   */
  private ChainRunner awaited(LiveChain base) {
    Waiting chain = waiting[base.ordinal()];
    if (chain.givenUp || chain.packets < PACKETS_WALKED) {
      chain.packets++;
      return null;
    }
    if (chain.coming == null) {
      chain.coming = CompletableFuture.supplyAsync(() -> programIfInTime(base), compiled.options().later());
    }
    if (!chain.coming.isDone()) {
      return null;
    }
    chain.givenUp = chain.coming.join() == null;
    return chain.givenUp ? null : runner(base);
  }

  private ChainProgram programIfInTime(LiveChain base) {
    try {
      return compiled.program(base.table().name(), base.name());
    } catch (CompileBudgetException e) {
      return null;
    }
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

  /** The runner of a chain, which is compiled now if it has no program yet. */
  ChainRunner runner(LiveChain chain) {
    ChainRunner runner = chain.ordinal() < runners.length ? runners[chain.ordinal()] : null;
    if (runner != null) {
      return runner;
    }
    Waiting mayWait = chain.ordinal() < waiting.length ? waiting[chain.ordinal()] : null;
    return runner(chain, mayWait == null ? -1 : mayWait.number);
  }

  private ChainRunner runner(LiveChain chain, int number) {
    reserve(chain);
    LiveTable table = chain.table();
    ChainProgram program = compiled.program(table.name(), chain.name());
    long share = program.slots > ChainRunner.SHORT ? bytesPerChain : bytesPerShortChain;
    long bytes = Math.max(MIN_CHAIN_BYTES, Math.min(share, bytesLeft));
    bytesLeft -= program.slots == 0 ? 0 : bytes;
    runners[chain.ordinal()] = new ChainRunner(this, program, table, bytes, number);
    scans[chain.ordinal()] = runners[chain.ordinal()].shortScan();
    return runners[chain.ordinal()];
  }

  /** Makes room for a chain. */
  private void reserve(LiveChain chain) {
    if (chain.ordinal() >= runners.length) {
      runners = Arrays.copyOf(runners, 2 * (chain.ordinal() + 1));
      scans = Arrays.copyOf(scans, runners.length);
      waiting = Arrays.copyOf(waiting, runners.length);
    }
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
