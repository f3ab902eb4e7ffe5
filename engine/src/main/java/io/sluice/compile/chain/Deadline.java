package io.sluice.compile.chain;

import java.time.Duration;

/** When compiling is given up. */
final class Deadline {
  private final Duration budget;
  private final long nanos;

  /** @param budget how long from now on compiling may take */
  Deadline(Duration budget) {
    this.budget = budget;
    this.nanos = System.nanoTime() + budget.toNanos();
  }

  /**
   * Asked again and again while a chain is compiled.
   *
   * @throws CompileBudgetException when it is time to give up
   */
  void check(String table, String chain) {
    if (System.nanoTime() - nanos > 0) {
      throw new CompileBudgetException(table + " " + chain, budget);
    }
  }
}
