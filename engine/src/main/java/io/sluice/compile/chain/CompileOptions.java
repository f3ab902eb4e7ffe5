package io.sluice.compile.chain;

import java.time.Duration;

/**
 * How chains are compiled and how much memory their evaluation may take.
 *
 * @param maxBytes bound on what one evaluator remembers of packets and paths, all chains together
 * @param scanRules a chain that has, with all it calls, at most so many rules is gone through rule by rule
 * @param budget how long compiling may take before it is given up with a {@link CompileBudgetException}
 */
public record CompileOptions(long maxBytes, int scanRules, Duration budget) {
  /** 256 MB; no chain of under a dozen rules compiled (measured: below that a scan is as fast); a minute. */
  public static final CompileOptions DEFAULT = new CompileOptions(256L << 20, 12, Duration.ofMinutes(1));

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
