package io.sluice.compile.chain;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * How chains are compiled and how much memory their evaluation may take.
 *
 * @param maxBytes bound on what one evaluator remembers of packets and paths, all chains together
 * @param scanRules so many rules are asked one by one in the time of a look into memory: packets that come no further, as in a
 *     chain that has no more with all it calls, are taken rule by rule, unless their connection knows their way; so are those of
 *     IPv4 chains of less than three times as many (of more than 16 where hardly two packets are alike), where headers tell of most
 *     rules that they do not match
 * @param instantRules a base chain with at most so many rules, those of the chains that it calls included, is compiled anew at
 *     once where an edit makes that necessary; packets of one with more are walked, and after a few hundred it is compiled by
 *     {@code later}
 * @param budget how long compiling may take before it is given up with a {@link CompileBudgetException}
 * @param later compiles what an edit has left to be; {@code Runnable::run} has a packet wait for it, otherwise packets are walked
 *     until it is done
 */
public record CompileOptions(long maxBytes, int scanRules, int instantRules, Duration budget, Executor later) {
  /** 256 MB; five rules (AdversaryBench); 1,024 rules, which take 20 ms; a minute; a thread beside, which keeps no JVM alive. */
  public static final CompileOptions DEFAULT =
      new CompileOptions(256L << 20, 5, 1 << 10, Duration.ofMinutes(1), CompileOptions::beside);

  private static final long MIN_BYTES = 1 << 12;

  public CompileOptions {
    if (maxBytes < MIN_BYTES) {
      throw new IllegalArgumentException("maxBytes must be at least " + MIN_BYTES + ": maxBytes=" + maxBytes);
    }
    if (scanRules < 0) {
      throw new IllegalArgumentException("scanRules must not be negative: scanRules=" + scanRules);
    }
    if (instantRules < 0) {
      throw new IllegalArgumentException("instantRules must not be negative: instantRules=" + instantRules);
    }
    if (budget.isNegative() || budget.isZero()) {
      throw new IllegalArgumentException("budget must be positive: budget=" + budget);
    }
  }

  private static void beside(Runnable compiling) {
    Thread thread = new Thread(compiling, "sluice-compile");
    thread.setDaemon(true);
    thread.start();
  }

  public CompileOptions withMaxBytes(long bytes) {
    return new CompileOptions(bytes, scanRules, instantRules, budget, later);
  }

  public CompileOptions withScanRules(int rules) {
    return new CompileOptions(maxBytes, rules, instantRules, budget, later);
  }

  public CompileOptions withInstantRules(int rules) {
    return new CompileOptions(maxBytes, scanRules, rules, budget, later);
  }

  public CompileOptions withBudget(Duration limit) {
    return new CompileOptions(maxBytes, scanRules, instantRules, limit, later);
  }

  public CompileOptions withLater(Executor executor) {
    return new CompileOptions(maxBytes, scanRules, instantRules, budget, executor);
  }
}
