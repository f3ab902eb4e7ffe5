package io.sluice.compile.chain;

import java.time.Duration;

/** Compiling took longer than {@link CompileOptions#budget}. The rules can still be walked. */
public final class CompileBudgetException extends RuntimeException {
  private static final long serialVersionUID = 1;

  CompileBudgetException(String chain, Duration budget) {
    super("compiling " + chain + " takes longer than " + budget.toMillis() + " ms; allow more, or use the walker");
  }
}
