package io.sluice.compile.chain;

import java.time.Duration;

/** When compiling is given up. */
final class Deadline {
  private final Duration budget;
  private final Runnable checkpoint;
  private final long nanos;

  /** @param budget how long from now on compiling may take */
  Deadline(Duration budget) {
    this(budget, () -> { });
  }

  /** @param checkpoint is run again and again, and may throw to end compiling before */
  Deadline(Duration budget, Runnable checkpoint) {
    this.budget = budget;
    this.checkpoint = checkpoint;
    this.nanos = System.nanoTime() + budget.toNanos();
  }

  /** Gone past again and again where it takes little time, whatever the budget. */
  void pass() {
    checkpoint.run();
  }

  /**
   * Asked again and again while a chain is compiled.
   *
   * @throws CompileBudgetException when it is time to give up
   */
  void check(String table, String chain) {
    pass();
    if (System.nanoTime() - nanos > 0) {
      throw new CompileBudgetException(table + " " + chain, budget);
    }
  }
}
