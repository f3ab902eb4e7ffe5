package io.sluice.compile.chain;

import java.time.Duration;

/**
 * How chains are compiled and how much memory their evaluation may take.
 *
 * @param maxBytes bound on what one evaluator remembers of packets and paths, all chains together
 * @param scanRules so many rules are asked one by one in the time of a look into memory: packets that come no further, as in a
 *     chain that has no more with all it calls, are taken rule by rule, unless their connection knows their way
 * @param budget how long compiling may take before it is given up with a {@link CompileBudgetException}
 */
public record CompileOptions(long maxBytes, int scanRules, Duration budget) {
  /** 256 MB; five rules (AdversaryBench); a minute. */
  public static final CompileOptions DEFAULT = new CompileOptions(256L << 20, 5, Duration.ofMinutes(1));

  private static final long MIN_BYTES = 1 << 12;

  public CompileOptions {
    if (maxBytes < MIN_BYTES) {
      throw new IllegalArgumentException("maxBytes must be at least " + MIN_BYTES + ": maxBytes=" + maxBytes);
    }
    if (scanRules < 0) {
      throw new IllegalArgumentException("scanRules must not be negative: scanRules=" + scanRules);
    }
    if (budget.isNegative() || budget.isZero()) {
      throw new IllegalArgumentException("budget must be positive: budget=" + budget);
    }
  }

  public CompileOptions withMaxBytes(long bytes) {
    return new CompileOptions(bytes, scanRules, budget);
  }

  public CompileOptions withScanRules(int rules) {
    return new CompileOptions(maxBytes, rules, budget);
  }

  public CompileOptions withBudget(Duration limit) {
    return new CompileOptions(maxBytes, scanRules, limit);
  }
}
